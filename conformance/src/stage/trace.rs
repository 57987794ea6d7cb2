//! What a case's reads answered, for comparing the two forms.

/// The answers of one form of a case, in order.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    answers: Vec<String>,
}

impl Trace {
    pub(super) fn push(&mut self, answer: String) {
        self.answers.push(answer);
    }

    /// Where the traces of the asynchronous and the blocking form part.
    pub(crate) fn difference(&self, blocking: &Self) -> Option<String> {
        let here = self.answers.iter().map(Some).chain(std::iter::repeat(None));
        let there = blocking
            .answers
            .iter()
            .map(Some)
            .chain(std::iter::repeat(None));
        let length = self.answers.len().max(blocking.answers.len());
        here.zip(there)
            .take(length)
            .find(|(here, there)| here != there)
            .map(|(here, there)| {
                let word = |answer: Option<&String>| {
                    answer.map_or("nothing".to_owned(), |text| {
                        text.chars().take(400).collect()
                    })
                };
                format!("blocking: {}; asynchronous: {}", word(there), word(here))
            })
    }
}
