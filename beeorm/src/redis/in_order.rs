use std::{future::poll_fn, pin::Pin, task::Poll};

use futures_util::{
    FutureExt,
    future::{join_all, maybe_done},
};

/// Begins the futures in their order, so that what they send goes out in it; then waits for all of them.
pub(super) async fn in_order<F: Future + Unpin>(
    futures: impl IntoIterator<Item = F>,
) -> Vec<F::Output> {
    let mut begun: Vec<_> = futures.into_iter().map(maybe_done).collect();
    poll_fn(|context| {
        for future in &mut begun {
            // What is ready already is kept.
            let _ = future.poll_unpin(context);
        }
        Poll::Ready(())
    })
    .await;
    join_all(&mut begun).await;
    begun
        .iter_mut()
        .filter_map(|future| Pin::new(future).take_output())
        .collect()
}
