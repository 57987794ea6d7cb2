//! Names of Rust types as databases spell them.

/// `BlogPost` as `blog_post`, `HTTPLog` as `http_log`.
pub(crate) fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (index, &letter) in letters.iter().enumerate() {
        if letter.is_uppercase() {
            let after_word = index > 0 && !letters[index - 1].is_uppercase();
            let before_word = letters
                .get(index + 1)
                .is_some_and(|next| next.is_lowercase());
            if index > 0 && letters[index - 1] != '_' && (after_word || before_word) {
                snake.push('_');
            }
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// `blog_posts` as `BlogPosts`.
pub(crate) fn pascal_case(name: &str) -> String {
    let words = name.split('_');
    words
        .flat_map(|word| {
            let mut letters = word.chars();
            let first = letters.next().into_iter().flat_map(char::to_uppercase);
            first.chain(letters)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{pascal_case, snake_case};

    #[test]
    fn a_name_becomes_that_of_a_type() {
        for (name, pascal) in [
            ("books", "Books"),
            ("blog_posts", "BlogPosts"),
            ("r2_d2", "R2D2"),
        ] {
            assert_eq!(pascal_case(name), pascal);
        }
    }

    #[test]
    fn words_are_parted_by_underscores() {
        for (name, snake) in [
            ("Book", "book"),
            ("BlogPost", "blog_post"),
            ("HTTPLog", "http_log"),
            ("LogHTTP", "log_http"),
            ("Book2", "book2"),
            ("Já", "já"),
            ("A", "a"),
            ("Old_Name", "old_name"),
        ] {
            assert_eq!(snake_case(name), snake);
        }
    }
}
