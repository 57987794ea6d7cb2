//! What `queryset` promises to those who use it, as seen from outside.

mod cancel;
mod capture;
mod computed;
#[cfg(feature = "derive")]
pub mod derive;
mod joins;
mod kept;
#[cfg(feature = "derive")]
mod loading;
mod messages;
mod orders;
mod records;
mod relations;
mod sql;
#[cfg(feature = "derive")]
mod texts;
