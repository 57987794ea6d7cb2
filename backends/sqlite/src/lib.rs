//! SQLite for queryset, on rusqlite
