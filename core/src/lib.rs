//! Django's QuerySet reads, blocking and asynchronous, on any database and any async runtime
