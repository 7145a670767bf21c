use super::run;

#[test]
fn a_seed_gives_the_same_run_every_time() {
    for seed in 0..40 {
        let (mut first, mut second) = (run(seed, true), run(seed, true));
        assert!(first.trace.len() > 10, "seed {seed}: {:?}", first.trace);
        // What is logged goes through what all tests of this process share, and may miss a line there.
        for outcome in [&mut first, &mut second] {
            outcome.trace.retain(|line| !line.contains(" says ("));
        }
        for (line, again) in first.trace.iter().zip(&second.trace) {
            assert_eq!(line, again, "seed {seed}");
        }
        assert_eq!(first, second, "seed {seed}");
        // Watching changes nothing.
        let unwatched = run(seed, false);
        assert_eq!(first.violations, unwatched.violations, "seed {seed}");
        assert_eq!(first.virtual_time, unwatched.virtual_time, "seed {seed}");
    }
}

#[test]
fn two_seeds_give_two_runs() {
    assert_ne!(run(1, true).trace, run(2, true).trace);
}

#[test]
fn nothing_is_lost_doubled_or_out_of_order() {
    for seed in 0..200 {
        let violations = run(seed, false).violations;
        assert!(
            violations.is_empty(),
            "cargo xtask simulate --seed {seed}: {violations:?}"
        );
    }
}
