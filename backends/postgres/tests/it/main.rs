//! The PostgreSQL backend on real servers, through the seam that core uses.

mod sharing;
mod support;

mod bouncer;
mod drops;
mod errors;
mod faults;
mod lanes;
mod pipeline;
mod reads;
mod session;
mod tls;
mod values;
