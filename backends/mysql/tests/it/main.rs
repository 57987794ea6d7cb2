//! The backend against real servers, which the tests start.

mod cancels;
mod errors;
mod helper;
mod lost;
mod session;
mod support;
mod tls;
mod values;
