//! Rounds, and what they come to.

use std::{fmt, time::Duration};

use serde::Serialize;

use crate::Fallible;

/// beeorm's place among the sides of a comparison.
pub(crate) const OURS: usize = 0;

/// What each side did in each round.
#[derive(Debug)]
pub(crate) struct Rounds<M> {
    sides: Vec<Vec<M>>,
}

impl<M> Rounds<M> {
    /// Plays so many rounds, and one before them that is not counted; in each round every side has a turn, and each
    /// round begins with another.
    ///
    /// What is measured is given to [`on_worker`], so that it runs where a program's tasks do.
    pub(crate) async fn play(
        rounds: usize,
        sides: usize,
        mut turn: impl AsyncFnMut(usize, usize) -> Fallible<M>,
    ) -> Fallible<Self> {
        let mut measured: Vec<Vec<M>> = (0..sides).map(|_| Vec::new()).collect();
        for round in 0..=rounds {
            for place in 0..sides {
                let side = (round + place) % sides;
                let figure = turn(side, round).await?;
                if round > 0
                    && let Some(figures) = measured.get_mut(side)
                {
                    figures.push(figure);
                }
            }
        }
        Ok(Self { sides: measured })
    }

    /// One figure of one side, round by round.
    pub(crate) fn each(&self, side: usize, figure: impl Fn(&M) -> f64) -> Vec<f64> {
        self.sides
            .get(side)
            .into_iter()
            .flatten()
            .map(figure)
            .collect()
    }

    pub(crate) fn spread(&self, side: usize, figure: impl Fn(&M) -> f64) -> Spread {
        Spread::of(self.each(side, figure))
    }

    /// One figure of one side over that of another, round by round.
    pub(crate) fn ratio(&self, one: usize, other: usize, figure: impl Fn(&M) -> f64) -> Spread {
        let below = self.each(other, &figure);
        let ratios = self.each(one, &figure).into_iter().zip(below);
        Spread::of(ratios.map(|(above, below)| above / below).collect())
    }
}

/// The middle of some figures, the least and the most.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Spread {
    pub(crate) fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |place: usize| values.get(place).copied().unwrap_or(f64::NAN);
        let (count, half) = (values.len(), values.len() / 2);
        let median = if count.is_multiple_of(2) {
            (at(half.saturating_sub(1)) + at(half)) / 2.0
        } else {
            at(half)
        };
        Self {
            median,
            least: at(0),
            most: at(count.saturating_sub(1)),
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            median,
            least,
            most,
        } = self;
        write!(f, "{median:.2} × ({least:.2} to {most:.2})")
    }
}

/// How long some calls took each, and all of them together.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Calls {
    pub(crate) rate: f64,
    pub(crate) p50_micros: f64,
    pub(crate) p99_micros: f64,
}

impl Calls {
    pub(crate) fn of(mut times: Vec<Duration>, together: Duration) -> Self {
        times.sort_unstable();
        let quantile = |hundredths: usize| {
            let place = times.len().saturating_sub(1) * hundredths / 100;
            times
                .get(place)
                .map_or(f64::NAN, |time| time.as_secs_f64() * 1e6)
        };
        Self {
            rate: times.len() as f64 / together.as_secs_f64(),
            p50_micros: quantile(50),
            p99_micros: quantile(99),
        }
    }
}

/// So many in so long a time, a second.
pub(crate) fn rate(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

/// Runs on one of the runtime's workers, and not on the thread that waits for all.
pub(crate) async fn on_worker<T: Send + 'static>(
    work: impl Future<Output = Fallible<T>> + Send + 'static,
) -> Fallible<T> {
    tokio::spawn(work).await?
}
