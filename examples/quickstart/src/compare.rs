//! The answers side by side.

use std::ops::BitAnd;
use std::path::Path;

use crate::AnyError;
use crate::reading::Reading;
use crate::runtimes::{self, Answers};

/// The longest text of a cell; the comparison is of the whole.
const WIDEST: usize = 38;

/// Whether all answers were the same.
#[derive(Clone, Copy)]
pub(crate) struct Verdict(bool);

impl Verdict {
    pub(crate) const EQUAL: Self = Self(true);

    pub(crate) fn is_equal(self) -> bool {
        self.0
    }
}

impl BitAnd for Verdict {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 && other.0)
    }
}

/// Runs every reading, blocking and asynchronous, on every runtime and prints a line for each.
pub(crate) fn all(file: &Path, readings: &[Reading]) -> Result<Verdict, AnyError> {
    let answers = runtimes::all(file, readings)?;
    let method_width = width(readings.iter().map(|reading| reading.method), "method");
    let django_width = width(readings.iter().map(|reading| &*reading.django), "in Django");
    let expected = |index: usize| {
        answers
            .first()
            .map_or("", |first| &*first.asynchronous[index])
    };
    let answer_width = width((0..readings.len()).map(expected), "answer");

    let mut head = line(
        &["method", "in Django", "answer"],
        [method_width, django_width, answer_width],
    );
    for runtime in &answers {
        head.push_str(&format!("  {}", runtime.runtime));
    }
    println!("{head}  equal\n{}", "-".repeat(head.chars().count() + 7));

    let mut differing = 0;
    for (index, reading) in readings.iter().enumerate() {
        let expected = expected(index);
        let cells = [reading.method, &reading.django, expected];
        let mut row = line(&cells, [method_width, django_width, answer_width]);
        let mut equal = true;
        for runtime in &answers {
            let (sign, same) = signs(runtime, index, expected);
            equal &= same;
            row.push_str(&format!("  {sign:<width$}", width = runtime.runtime.len()));
        }
        println!("{row}  {}", if equal { "yes" } else { "NO" });
        if !equal {
            differing += 1;
            print_all(&answers, index);
        }
    }
    println!(
        "\n= =  the blocking and the asynchronous form answered as shown\n\
         {} readings, blocking and asynchronous on {} runtimes: {} answers, {}",
        readings.len(),
        answers.len(),
        readings.len() * answers.len() * 2,
        match differing {
            0 => "all equal".to_owned(),
            differing => format!("{differing} READINGS DIFFER"),
        }
    );
    Ok(Verdict(differing == 0))
}

/// How a runtime's blocking and asynchronous answers compare with the expected one.
fn signs(answers: &Answers, index: usize, expected: &str) -> (String, bool) {
    let same = [&answers.blocking[index], &answers.asynchronous[index]].map(|own| own == expected);
    let sign = same.map(|same| if same { "=" } else { "≠" });
    (sign.join(" "), same == [true, true])
}

fn print_all(answers: &[Answers], index: usize) {
    for runtime in answers {
        println!("    {}: {}", runtime.runtime, runtime.blocking[index]);
        println!(
            "    {}, async: {}",
            runtime.runtime, runtime.asynchronous[index]
        );
    }
}

fn line(cells: &[&str; 3], widths: [usize; 3]) -> String {
    let cells: Vec<_> = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| format!("{:<width$}", cut(cell)))
        .collect();
    cells.join("  ")
}

fn width<'a>(cells: impl Iterator<Item = &'a str>, head: &'a str) -> usize {
    let widths = cells.chain([head]).map(|cell| cut(cell).chars().count());
    widths.max().unwrap_or(0)
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(WIDEST) {
        None => text.to_owned(),
        Some(_) => text.chars().take(WIDEST - 1).chain(['…']).collect(),
    }
}
