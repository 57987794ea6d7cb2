//! Real servers, from their start to their end.

mod accounts;
mod kill;
mod own;
mod owner;
mod servers;
mod start;
mod tls;
