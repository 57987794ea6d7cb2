//! The conformance suite of queryset, for any backend and any runtime
