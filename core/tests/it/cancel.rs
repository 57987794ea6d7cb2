//! A read whose token was cancelled before it began sends nothing.

use futures_util::TryStreamExt;
use queryset::recording::Recording;
use queryset::runtime::block_on;
use queryset::{CancelToken, Dialect, ErrorKind, Family, raw};

#[test]
fn nothing_is_sent_for_a_caller_that_has_given_up() {
    let recording = Recording::new(Dialect::new(Family::Sqlite, "sqlite"));
    let db = recording.database();
    let token = CancelToken::new();
    token.cancel();
    let read = raw::<(i64,)>("SELECT 1", vec![]).cancel_with(&token);

    let errors = [
        read.list(&db).unwrap_err(),
        block_on(read.alist(&db)).unwrap_err(),
        read.iter(&db).next().expect("an item").unwrap_err(),
        block_on(read.aiter(&db).try_next()).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Cancelled);
    }
    assert!(recording.statements().is_empty());
}
