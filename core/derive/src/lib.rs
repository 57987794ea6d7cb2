//! The derive macros of queryset
