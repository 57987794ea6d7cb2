//! What comes with rows, as far as no database is needed to see it.

use queryset::recording::Recording;
use queryset::{Dialect, ErrorKind, Family, ForeignKey, Model, Reverse};

#[derive(Model, Debug)]
struct Author {
    #[model(primary_key)]
    id: i64,
    name: String,
    mentor: Option<ForeignKey<Self>>,
    #[model(reverse(Self::mentor))]
    pupils: Reverse<Self>,
}

fn recording() -> Recording {
    Recording::new(Dialect::new(Family::Sqlite, "recording"))
}

#[test]
fn iterating_on_a_thread_over_a_query_that_prefetches_needs_a_chunk_size() {
    let recording = recording();
    let query = Author::objects().prefetch_related(|a| a.pupils());
    let mut rows = query.iter(&recording.database());
    let error = rows.next().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Value);
    assert!(error.to_string().contains("chunk_size"), "{error}");
    assert!(rows.next().is_none());
    recording.finish().unwrap();
}

#[test]
fn a_path_that_is_too_long_is_an_error_of_the_read() {
    let recording = recording();
    let far = Author::objects().filter(|a| {
        let four = a.mentor().mentor().mentor().mentor();
        let eight = four.mentor().mentor().mentor().mentor();
        let twelve = eight.mentor().mentor().mentor().mentor();
        twelve.mentor().mentor().mentor().mentor().name.eq("Ada")
    });
    let error = far.list(&recording.database()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSupported);
    assert_eq!(
        error.to_string(),
        "a path leads through at most 15 relations"
    );
    recording.finish().unwrap();
}

#[test]
fn a_reference_knows_its_row_and_its_key() {
    let ada = Author {
        id: 1,
        name: "Ada".into(),
        mentor: None,
        pupils: Reverse::new(),
    };
    let to_ada = ForeignKey::to(ada);
    assert_eq!(to_ada.id(), &1);
    assert_eq!(to_ada.loaded().unwrap().name, "Ada");
    assert!(to_ada.loaded().unwrap().mentor.is_none());
    let unloaded: ForeignKey<Author> = ForeignKey::new(1);
    let error = unloaded.loaded().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotLoaded);
    assert_eq!(
        error.to_string(),
        "Author is not loaded: select or prefetch it with the query, or call `load` or `aload`"
    );
    let pupils: Reverse<Author> = Reverse::new();
    assert_eq!(pupils.loaded().unwrap_err().kind(), ErrorKind::NotLoaded);
}
