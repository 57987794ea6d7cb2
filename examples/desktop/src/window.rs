//! A window, as far as this example needs one: a loop that draws frames.

use std::fmt;
use std::sync::mpsc::TryRecvError;
use std::thread;
use std::time::Duration;

use queryset::{Error, ErrorKind, Result};

use crate::search::Running;

/// The time between two frames.
const FRAME: Duration = Duration::from_millis(16);

/// The loop's state.
#[derive(Default)]
pub(crate) struct Window {
    frames: u64,
    search: Option<Result<Running>>,
    cancel_at: Option<u64>,
}

/// How a search ended.
pub(crate) enum Ending {
    Found(Vec<String>),
    GivenUp(Error),
}

impl Window {
    /// A window that shows no search.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Shows a search that has been started.
    pub(crate) fn start(&mut self, search: Result<Running>) {
        self.search = Some(search);
        self.cancel_at = None;
    }

    /// Somebody presses the button so many frames from now.
    pub(crate) fn press_cancel_at_frame(&mut self, frames: u64) {
        self.cancel_at = Some(self.frames + frames);
    }

    /// How often the window was drawn.
    pub(crate) fn frames(&self) -> u64 {
        self.frames
    }

    /// Draws frames until the search has ended. Nothing in here waits for the database.
    pub(crate) fn run(&mut self) -> Ending {
        let running = match self.search.take() {
            Some(Ok(running)) => running,
            Some(Err(error)) => return Ending::GivenUp(error),
            None => return Ending::Found(Vec::new()),
        };
        loop {
            self.draw();
            if self.cancel_at == Some(self.frames) {
                running.cancel.cancel();
            }
            match running.results.try_recv() {
                Ok(Ok(titles)) => return Ending::Found(titles),
                Ok(Err(error)) => return Ending::GivenUp(error),
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => {
                    let message = "the search ended without an answer";
                    return Ending::GivenUp(Error::new(ErrorKind::Runtime, message));
                }
            }
        }
    }

    fn draw(&mut self) {
        self.frames += 1;
        thread::sleep(FRAME);
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found(titles) => write!(f, "found {}", titles.join(", ")),
            Self::GivenUp(error) => write!(f, "{error}"),
        }
    }
}
