//! Proof that two peers did the same work.

use serde::{Deserialize, Serialize};

use crate::rows::{Item, Post, PostLine, User};

/// A sum over every field of every row, in the order of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checksum(u64);

impl Checksum {
    /// Takes a number in.
    #[inline]
    pub fn number(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    /// Takes a text in.
    #[inline]
    pub fn text(&mut self, text: &str) {
        let (words, rest) = text.as_bytes().as_chunks::<8>();
        for word in words {
            self.number(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.number(u64::from_le_bytes(last) ^ (text.len() as u64) << 56);
    }

    /// Takes a row of `items` in, field by field, for peers with structs of their own.
    #[inline]
    pub fn item_fields(
        &mut self,
        id: i64,
        name: &str,
        note: Option<&str>,
        qty: i32,
        price: f64,
        active: bool,
    ) {
        self.number(id as u64);
        self.text(name);
        match note {
            None => self.number(1),
            Some(note) => self.text(note),
        }
        self.number(qty as u64);
        self.number(price.to_bits());
        self.number(active.into());
    }

    /// Takes a row of `items` in.
    #[inline]
    pub fn item(&mut self, item: &Item) {
        let note = item.note.as_deref();
        self.item_fields(item.id, &item.name, note, item.qty, item.price, item.active);
    }

    /// Takes a row of `users` in.
    #[inline]
    pub fn user_fields(&mut self, id: i64, name: &str, email: &str, karma: i32) {
        self.number(id as u64);
        self.text(name);
        self.text(email);
        self.number(karma as u64);
    }

    /// Takes a row of `users` in.
    #[inline]
    pub fn user(&mut self, user: &User) {
        self.user_fields(user.id, &user.name, &user.email, user.karma);
    }

    /// Takes a row of `posts` in.
    #[inline]
    pub fn post_fields(&mut self, id: i64, user_id: i64, title: &str, body: &str, score: i32) {
        self.number(id as u64);
        self.number(user_id as u64);
        self.text(title);
        self.text(body);
        self.number(score as u64);
    }

    /// Takes a row of `posts` in.
    #[inline]
    pub fn post(&mut self, post: &Post) {
        let user = *post.user.id();
        self.post_fields(post.id, user, &post.title, &post.body, post.score);
    }

    /// Takes a flat row of the workload `join` in.
    #[inline]
    pub fn line_fields(&mut self, id: i64, title: &str, score: i32, user_name: &str) {
        self.number(id as u64);
        self.text(title);
        self.number(score as u64);
        self.text(user_name);
    }

    /// Takes a flat row of the workload `join` in.
    #[inline]
    pub fn line(&mut self, line: &PostLine) {
        self.line_fields(line.id, &line.title, line.score, &line.user_name);
    }

    /// Takes another sum in; the order does not count, as for tasks that end in any order, and for
    /// the posts of one user.
    #[inline]
    pub fn merge(&mut self, other: Self) {
        self.0 = self.0.wrapping_add(other.0);
    }

    /// Takes the posts of one user in, whose order is free: each has a sum of its own.
    #[inline]
    pub fn posts(&mut self, posts: impl IntoIterator<Item = Self>) {
        let mut sum = Self::default();
        for post in posts {
            sum.merge(post);
        }
        self.number(sum.0);
    }
}
