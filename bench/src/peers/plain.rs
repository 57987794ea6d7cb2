//! Users and posts as somebody without a mapper has them.

use std::collections::HashMap;

use crate::Checksum;

pub(super) struct User {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) karma: i32,
}

pub(super) struct Post {
    pub(super) id: i64,
    pub(super) user_id: i64,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) score: i32,
}

/// Users with their posts.
#[derive(Default)]
pub(super) struct Users {
    users: Vec<(User, Vec<Post>)>,
    places: HashMap<i64, usize>,
}

impl User {
    pub(super) fn sum(&self, checksum: &mut Checksum) {
        checksum.user_fields(self.id, &self.name, &self.email, self.karma);
    }
}

impl Post {
    pub(super) fn sum(&self, checksum: &mut Checksum) {
        checksum.post_fields(self.id, self.user_id, &self.title, &self.body, self.score);
    }

    fn own_sum(&self) -> Checksum {
        let mut checksum = Checksum::default();
        self.sum(&mut checksum);
        checksum
    }
}

impl Users {
    pub(super) fn push(&mut self, user: User) {
        self.places.insert(user.id, self.users.len());
        self.users.push((user, Vec::new()));
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = i64> {
        self.users.iter().map(|(user, _)| user.id)
    }

    pub(super) fn add(&mut self, post: Post) {
        if let Some(&place) = self.places.get(&post.user_id) {
            self.users[place].1.push(post);
        }
    }

    pub(super) fn sum(&self, checksum: &mut Checksum) {
        for (user, posts) in &self.users {
            user.sum(checksum);
            checksum.posts(posts.iter().map(Post::own_sum));
        }
    }
}
