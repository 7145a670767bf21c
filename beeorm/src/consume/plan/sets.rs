/// Disjoint sets of frames (union by the smaller root, paths halved).
pub(super) struct DisjointSets(Vec<usize>);

impl DisjointSets {
    pub(super) fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn parent(&self, of: usize) -> usize {
        self.0.get(of).copied().unwrap_or(of)
    }

    pub(super) fn find(&mut self, mut member: usize) -> usize {
        while self.parent(member) != member {
            let grandparent = self.parent(self.parent(member));
            if let Some(slot) = self.0.get_mut(member) {
                *slot = grandparent;
            }
            member = grandparent;
        }
        member
    }

    pub(super) fn join(&mut self, left: usize, right: usize) {
        let (left, right) = (self.find(left), self.find(right));
        if let Some(slot) = self.0.get_mut(left.max(right)) {
            *slot = left.min(right);
        }
    }
}
