//! The rows that fetched rows refer back to.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::Loadable;
use crate::database::Flat;

/// What rows that are fetched by the numbers of keys refer back to.
pub(crate) struct Origins {
    /// Where the relation that leads back stands in the fetched rows' model, and its name.
    pub(crate) relation: usize,
    pub(crate) name: Box<str>,
    /// By the numbers of the keys.
    pub(crate) rows: Vec<Option<Origin>>,
}

/// A row among the copies of several.
#[derive(Clone)]
pub struct Origin {
    copies: Arc<dyn Any + Send + Sync>,
    number: u32,
}

/// The same, of a known type.
pub(crate) struct Copy<T> {
    copies: Arc<Copies<T>>,
    number: u32,
}

/// Copies of rows: their columns, of which a row is built when it is first asked for. Most never
/// are.
struct Copies<T> {
    values: Flat,
    read: Reads<T>,
    rows: Vec<OnceLock<Arc<T>>>,
}

/// Builds a row of its columns; `None` if these are not what it can be read from.
type Reads<T> = fn(&Flat, usize) -> Option<T>;

/// How a row is copied.
pub(crate) enum Copied<T> {
    /// Its columns were put into the chunk.
    Columns,
    Row(T),
    /// It is no row that a database could have given.
    Not,
}

/// How many copies are kept together: whoever keeps one of them keeps the columns of the others.
const TOGETHER: usize = 32;

/// Copies of rows that are `T`s.
pub(crate) fn copies<T: Loadable>(
    rows: &[&dyn Loadable],
    copy: impl Fn(&T, &mut Flat) -> Copied<T>,
    read: Reads<T>,
) -> Vec<Option<Origin>> {
    let mut origins = Vec::with_capacity(rows.len());
    // As wide as many tables are.
    let cells = 8 * rows.len().min(TOGETHER);
    let mut values = Flat::of_everything().with_room(cells);
    for rows in rows.chunks(TOGETHER) {
        let mut places = Vec::with_capacity(rows.len());
        let mut there = [false; TOGETHER];
        for (row, there) in rows.iter().zip(&mut there) {
            let row: &dyn Any = *row;
            let copied = row.downcast_ref().map(|row| copy(row, &mut values));
            let fits = values.end_row();
            *there = match copied {
                Some(Copied::Columns) => fits,
                Some(Copied::Row(_)) => true,
                Some(Copied::Not) | None => false,
            };
            places.push(match copied {
                Some(Copied::Row(row)) => OnceLock::from(Arc::new(row)),
                _ => OnceLock::new(),
            });
        }
        let copies: Arc<dyn Any + Send + Sync> = Arc::new(Copies {
            values: values.pack(),
            read,
            rows: places,
        });
        let there = there.iter().take(rows.len());
        origins.extend(there.zip(0..).map(|(there, number)| {
            there.then(|| Origin {
                copies: Arc::clone(&copies),
                number,
            })
        }));
    }
    origins
}

impl Origin {
    /// The row as one of `T`; `None` if it is none.
    pub(crate) fn of<T: Send + Sync + 'static>(&self) -> Option<Copy<T>> {
        let copies = Arc::clone(&self.copies).downcast().ok()?;
        let number = self.number;
        Some(Copy { copies, number })
    }
}

impl<T> Copy<T> {
    /// The row, which is built now unless it was. `None` for one that cannot be read from its own
    /// columns: it is as one that was not loaded.
    pub(crate) fn row(&self) -> Option<&Arc<T>> {
        let place = self.place()?;
        if place.get().is_none() {
            let row = (self.copies.read)(&self.copies.values, self.number as usize)?;
            let _ = place.set(Arc::new(row));
        }
        place.get()
    }

    /// Takes the row, unless it is there.
    pub(crate) fn set(&self, row: Arc<T>) {
        if let Some(place) = self.place() {
            let _ = place.set(row);
        }
    }

    fn place(&self) -> Option<&OnceLock<Arc<T>>> {
        self.copies.rows.get(self.number as usize)
    }
}

impl<T> Clone for Copy<T> {
    fn clone(&self) -> Self {
        Self {
            copies: Arc::clone(&self.copies),
            number: self.number,
        }
    }
}

impl fmt::Debug for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Origins")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Origin").finish_non_exhaustive()
    }
}
