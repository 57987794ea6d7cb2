//! What the databases make of types, and how else they differ, as pages of the documentation.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;

use queryset_conformance::survey::{
    Difference, Kept, RoundTrip, SurveyedColumn, columns, differences, round_trips,
};
use queryset_conformance::{Capability, Opening};

use crate::args::Survey;
use crate::backends::Backends;
use crate::report::markdown::VERSION;
use crate::runtimes::Runtime;

/// What one database answered.
struct Answers {
    backend: String,
    columns: Vec<SurveyedColumn>,
    trips: Vec<RoundTrip>,
    differences: Vec<Difference>,
    lacks: Vec<(Capability, Option<String>)>,
}

/// Whether no database takes what it does not keep.
pub(crate) fn run(wanted: &Survey) -> Result<bool, Box<dyn Error>> {
    let names = wanted.backends();
    let backends = Backends::start(&names)?;
    let running = Runtime::Smol.under_test().start();
    let mut all = Vec::new();
    for name in &names {
        let backend = backends.under_test(*name)?;
        let open = || {
            let opening = Opening::new(running.runtime().clone());
            queryset::runtime::block_on(backend.open(opening))
        };
        let opened = open()?;
        let db = opened.database();
        all.push(Answers {
            backend: backend.name().to_owned(),
            columns: columns(db)?,
            trips: round_trips(db)?,
            differences: differences(db)?,
            lacks: Capability::ALL
                .map(|capability| (capability, backend.lacks(capability).map(str::to_owned)))
                .into(),
        });
        db.close()?;
    }
    let versions = backends.versions(&names)?;
    let pages = [
        ("types.md", types(&all, &versions)),
        ("differences.md", remaining(&all, &versions)),
    ];
    for (name, page) in pages {
        match &wanted.docs {
            Some(folder) => {
                let file = folder.join(name);
                fs::write(&file, page).map_err(|error| format!("{}: {error}", file.display()))?;
            }
            None => println!("{page}"),
        }
    }
    let mut kept = true;
    for answers in &all {
        for trip in &answers.trips {
            if let Kept::Changed(into) = &trip.kept {
                kept = false;
                eprintln!(
                    "{}: a {} ({}) became {into}",
                    answers.backend, trip.column, trip.value
                );
            }
        }
    }
    Ok(kept)
}

fn begin(title: &str, versions: &[(String, String)]) -> String {
    let mut page = format!(
        "# {title}\n\nWritten by `cargo xtask test`, which asks the databases and fails where this \
         no longer holds.\n\n"
    );
    for (backend, version) in versions {
        let _ = writeln!(page, "{VERSION}{backend}: {version}");
    }
    page.push('\n');
    page
}

fn heading(page: &mut String, first: &[&str], all: &[Answers]) {
    let names = all.iter().map(|answers| answers.backend.as_str());
    let names: Vec<_> = first.iter().copied().chain(names).collect();
    let _ = writeln!(
        page,
        "| {} |\n|{}",
        names.join(" | "),
        "---|".repeat(names.len())
    );
}

fn row<'t>(page: &mut String, first: &[&'t str], cells: impl Iterator<Item = &'t str>) {
    let cells: Vec<_> = first.iter().copied().chain(cells).map(escaped).collect();
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn types(all: &[Answers], versions: &[(String, String)]) -> String {
    let mut page = begin("What a type becomes", versions);
    page.push_str(
        "## Columns\n\n`create_table` makes these columns. A table of other columns is read as well, \
         as long as each value fits the type that the model declares.\n\n",
    );
    heading(&mut page, &["type in Rust"], all);
    for (at, column) in all
        .first()
        .map_or(&[][..], |first| &first.columns)
        .iter()
        .enumerate()
    {
        let cells: Vec<_> = all
            .iter()
            .map(|answers| format!("`{}`", answers.columns[at].becomes))
            .collect();
        let rust: Vec<_> = column
            .rust
            .split(", ")
            .map(|rust| match column.rust.contains(" with ") {
                true => rust.to_owned(),
                false => format!("`{rust}`"),
            })
            .collect();
        row(
            &mut page,
            &[&rust.join(", ")],
            cells.iter().map(String::as_str),
        );
    }
    page.push_str(
        "\n## Values\n\nEach value was sent to the database and read again. `exact` is the same value, \
         to the last bit or digit. What a database cannot hold is refused with an error, which \
         the numbers below tell; nothing is rounded or cut. Of date-times and instants the \
         libraries' nanoseconds are cut to the microseconds that databases have, before they \
         are sent.\n\n",
    );
    heading(&mut page, &["column", "value"], all);
    let mut errors: Vec<String> = Vec::new();
    let trips = all.first().map_or(&[][..], |first| &first.trips);
    for (at, trip) in trips.iter().enumerate() {
        let cells: Vec<_> = all
            .iter()
            .map(|answers| match &answers.trips[at].kept {
                Kept::Exactly => "exact".to_owned(),
                Kept::Equal(value) => format!("as {value}, which equals it"),
                Kept::Changed(into) => format!("**CHANGED** into {into}"),
                Kept::Refused(kind, message) => {
                    let error = format!("`{kind:?}`: {}", escaped(message));
                    let number = errors
                        .iter()
                        .position(|known| *known == error)
                        .unwrap_or_else(|| {
                            errors.push(error);
                            errors.len() - 1
                        });
                    format!("refused ({})", number + 1)
                }
            })
            .collect();
        row(
            &mut page,
            &[trip.column, trip.value],
            cells.iter().map(String::as_str),
        );
    }
    page.push('\n');
    for (number, error) in (1..).zip(&errors) {
        let _ = writeln!(page, "{number}. {error}");
    }
    page
}

fn remaining(all: &[Answers], versions: &[(String, String)]) -> String {
    let mut page = begin("How the databases still differ", versions);
    page.push_str(
        "The same query gives the same answer on every database but for what is here: an order or \
         a comparison of its own would cost a column its index.\n\n## Answers\n\n",
    );
    let questions = all.first().map_or(&[][..], |first| &first.differences);
    let answers = |at: usize| {
        all.iter()
            .map(move |answers| answers.differences[at].answer.as_str())
    };
    let (same, differing): (Vec<_>, Vec<_>) = (0..questions.len())
        .partition(|&at| answers(at).all(|answer| answer == questions[at].answer));
    heading(&mut page, &["question"], all);
    for at in differing {
        row(&mut page, &[questions[at].question], answers(at));
    }
    page.push_str("\n## Asked too, and answered alike\n\n| question | everywhere |\n|---|---|\n");
    for at in same {
        row(
            &mut page,
            &[questions[at].question],
            [questions[at].answer.as_str()].into_iter(),
        );
    }
    page.push_str("\n## What a database cannot do\n\n");
    let mut lacks: BTreeMap<String, Vec<(&str, &str)>> = BTreeMap::new();
    for answers in all {
        for (capability, reason) in &answers.lacks {
            if let Some(reason) = reason {
                let entry = lacks.entry(capability.to_string()).or_default();
                entry.push((&answers.backend, reason));
            }
        }
    }
    page.push_str("| it lacks | because |\n|---|---|\n");
    for (capability, reasons) in lacks {
        let reasons: Vec<_> = reasons
            .iter()
            .map(|(backend, reason)| format!("{backend}: {reason}"))
            .collect();
        row(
            &mut page,
            &[&capability],
            [reasons.join("; ").as_str()].into_iter(),
        );
    }
    page
}
