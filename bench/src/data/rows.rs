//! What is in the tables.

/// A row of `items`.
pub(super) struct ItemRow {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) note: Option<String>,
    pub(super) qty: i32,
    pub(super) price: f64,
    pub(super) active: bool,
}

/// A row of `users`.
pub(super) struct UserRow {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) karma: i32,
}

/// A row of `posts`.
pub(super) struct PostRow {
    pub(super) id: i64,
    pub(super) user_id: i64,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) score: i32,
}

pub(super) fn item(id: i64) -> ItemRow {
    ItemRow {
        id,
        name: format!("item number {id}"),
        note: (id % 3 != 0).then(|| format!("a note of some length about {id}")),
        qty: (id % 200) as i32,
        price: id as f64 + 0.25,
        active: id % 2 == 0,
    }
}

pub(super) fn user(id: i64) -> UserRow {
    UserRow {
        id,
        name: format!("user number {id}"),
        email: format!("user{id}@mail.example"),
        karma: (id * 37 % 1_000) as i32,
    }
}

/// The posts of one user do not lie beside each other.
pub(super) fn post(id: i64) -> PostRow {
    PostRow {
        id,
        user_id: 1 + (id * 7_919) % crate::workload::USERS,
        title: format!("the title of post {id}"),
        body: format!("what there is to be said, in some words, in post number {id}"),
        score: (id % 100) as i32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{POSTS, USERS};

    #[test]
    fn every_user_has_ten_posts() {
        let mut posts = vec![0; USERS as usize];
        for id in 1..=POSTS {
            posts[post(id).user_id as usize - 1] += 1;
        }
        assert!(posts.iter().all(|&posts| posts == POSTS / USERS));
    }
}
