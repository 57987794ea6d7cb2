//! The smol adapter of queryset
