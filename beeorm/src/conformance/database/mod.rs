//! What every database does alike.

mod counters;
mod own_tables;
mod ranges;
mod refusals;
mod round_trip;
mod sessions;
mod statements;
mod support;
mod together;
mod values;

use self::support::Bench;

/// Opens the database of the URL, which should be empty, and asserts the whole contract of the seam.
///
/// Its tables begin with `conformance_` or are the library's own, and are dropped first and last.
pub async fn database(url: &str) {
    let bench = Bench::open(url).await;
    statements::rows_are_counted(&bench).await;
    statements::numbers_made_are_told(&bench).await;
    statements::transactions_hold(&bench).await;
    statements::many_shapes_work(&bench).await;
    values::every_value_comes_back(&bench).await;
    values::the_reader_keeps_its_place(&bench).await;
    counters::counters_are_exact(&bench).await;
    counters::unsigned_numbers_keep_their_order(&bench).await;
    ranges::counters_end_with_their_column(&bench).await;
    ranges::decimals_keep_their_digits(&bench).await;
    ranges::floats_stay_numbers(&bench).await;
    together::counters_are_exact(&bench).await;
    together::what_one_row_refuses_is_refused(&bench).await;
    together::only_these_rows_are_locked(&bench).await;
    refusals::data_is_refused(&bench).await;
    refusals::duplicates_name_their_index(&bench).await;
    refusals::foreign_keys_hold(&bench).await;
    refusals::what_is_missing_is_named(&bench).await;
    refusals::whoever_is_in_the_way_is_told(&bench).await;
    own_tables::the_inbox_takes_a_frame_once(&bench).await;
    own_tables::frames_below_the_watermark_are_refused(&bench).await;
    own_tables::the_oldest_rows_are_pruned(&bench).await;
    own_tables::dead_letters_are_kept_in_order(&bench).await;
    own_tables::keys_of_dead_inserts_are_remembered(&bench).await;
    sessions::consumers_have_their_own_settings(&bench).await;
    sessions::dropped_sessions_leave_nothing(&bench).await;
    sessions::dropped_futures_leave_a_pool_that_works(&bench).await;
    sessions::a_closed_connection_is_no_callers_error(&bench).await;
    sessions::whoever_waits_gets_a_session(url).await;
    sessions::what_cannot_be_opened_says_why(url, &bench).await;
    bench.close().await;
}
