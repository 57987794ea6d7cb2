//! Paths in Django's spelling as a tree.

/// Names, and those behind each of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Names(Vec<(Box<str>, Names)>);

impl Names {
    /// Adds the names of a path such as `author__publisher`.
    pub(crate) fn add(&mut self, path: &str) {
        let (name, rest) = match path.split_once("__") {
            Some((name, rest)) => (name, Some(rest)),
            None => (path, None),
        };
        let position = match self.0.iter().position(|(own, _)| **own == *name) {
            Some(position) => position,
            None => {
                self.0.push((name.into(), Self::default()));
                self.0.len() - 1
            }
        };
        if let Some(rest) = rest {
            self.0[position].1.add(rest);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.0.iter().map(|(name, behind)| (&**name, behind))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
