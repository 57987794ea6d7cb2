//! The tokio adapter of queryset
