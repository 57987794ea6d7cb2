//! The async-std adapter of queryset
