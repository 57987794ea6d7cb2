//! A desktop program without any async runtime.
//!
//! Its window has a search field. A search runs away from the window's thread, on the plain
//! threads of [`Threads`], and sends what it finds to the window, which goes on drawing. A slow
//! search is given up by its button, or by its deadline; the database is free again at once.

mod search;
mod window;

use std::time::Duration;

use queryset::Result;
use queryset::runtime::Threads;
use queryset_sqlite::SqliteOptions;

use search::{Library, Search};
use window::{Ending, Window};

fn main() -> Result<()> {
    // A window's program has no `async fn main`, and needs none.
    let library = Library::new(SqliteOptions::memory().connect_blocking(Threads)?)?;

    let mut window = Window::new();
    window.start(library.find(Search::titles("lem")));
    let ending = window.run();
    println!("a quick search: {ending}");
    assert!(matches!(ending, Ending::Found(titles) if titles == ["100% Lem", "Lemon Cakes"]));

    window.start(library.find(Search::endless()));
    window.press_cancel_at_frame(3);
    let ending = window.run();
    println!("a slow search, given up by its button: {ending}");
    assert!(matches!(ending, Ending::GivenUp(error) if error.is_cancelled()));

    window.start(library.find(Search::endless().within(Duration::from_millis(100))));
    let ending = window.run();
    println!("a slow search, given up by its deadline: {ending}");
    assert!(matches!(ending, Ending::GivenUp(error) if error.is_timeout()));

    window.start(library.find(Search::titles("solaris")));
    let ending = window.run();
    println!("the next search: {ending}");
    assert!(matches!(ending, Ending::Found(titles) if titles == ["Solaris"]));

    println!(
        "the window drew {} frames and never waited for the database",
        window.frames()
    );
    library.close()
}
