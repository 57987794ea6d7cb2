//! Decimal numbers, the same for each library that has them.

/// Numbers that every database holds, and the rows that have them, ascending. Their text would
/// sort otherwise, and as floats the last two would be one with their neighbours.
pub(super) const AMOUNTS: [(i64, &str); 9] = [
    (5, "-1000000.5"),
    (2, "-0.01"),
    (1, "0"),
    (7, "0.0000000001"),
    (3, "9.99"),
    (4, "10"),
    (6, "123456789012.345"),
    (9, "9007199254740993"),
    (8, "9223372036854775807"),
];

/// The rows whose nullable column is NULL.
pub(super) const NULLS: [i64; 2] = [2, 4];

/// The model and the cases of the library whose type is in scope as `Number`. `WIDE` has pairs of
/// a whole number and a fraction, both ascending.
macro_rules! decimals {
    () => {
        #[derive(Model, Clone, Debug, PartialEq)]
        #[model(table = "amount")]
        struct Amount {
            #[model(primary_key)]
            id: i64,
            #[model(digits(38, 10))]
            number: Number,
            #[model(digits(38, 10))]
            maybe: Option<Number>,
        }

        #[derive(Model, Clone, Debug, PartialEq)]
        #[model(table = "wide_amount")]
        struct Wide {
            #[model(primary_key)]
            id: i64,
            #[model(digits(38, 0))]
            whole: Number,
            #[model(digits(38, 28))]
            fine: Number,
        }

        fn number(text: &str) -> Verdict<Number> {
            known(text.parse().ok())
        }

        pub(super) fn amounts(stage: &Stage) -> Verdict {
            let mut rows = Vec::new();
            for (id, text) in AMOUNTS {
                let number = number(text)?;
                let maybe = (!NULLS.contains(&id)).then(|| number.clone());
                rows.push(Amount { id, number, maybe });
            }
            rows.sort_unstable_by_key(|row| row.id);
            let order = AMOUNTS.map(|(id, _)| id);
            let s = column::there_and_back(stage, &rows)?;
            column::as_records(&s, &rows)?;
            let ascending = column::in_order(&rows, &order, |a| Some(a.number.clone()));
            column::compares::<Amount, _, _>(&s, |a| a.number, &ascending)?;
            column::bounds::<Amount, _, _>(&s, |a| a.number, &ascending)?;
            let ascending = column::in_order(&rows, &order, |a| a.maybe.clone());
            column::compares::<Amount, _, _>(&s, |a| a.maybe, &ascending)?;
            column::bounds::<Amount, _, _>(&s, |a| a.maybe, &ascending)?;
            column::nulls::<Amount, _, _>(&s, |a| a.maybe, &NULLS)?;
            // A number is its value, however many zeros it ends in.
            for (text, id) in [("9.990", 3), ("10.00", 4), ("-0.0100000000", 2), ("0.0", 1)] {
                let number = number(text)?;
                let same = Amount::objects().filter(|a| a.number.eq(number));
                column::finds(&s, same, &[id])?;
            }
            let near = number("9.991")?;
            column::finds(&s, Amount::objects().filter(|a| a.number.eq(near)), &[])
        }

        /// Sums and averages are decimal numbers too, without a float's last digits.
        pub(super) fn sums(stage: &Stage) -> Verdict {
            let mut rows = Vec::new();
            for (id, text) in [(1, "0"), (2, "-0.01"), (3, "9.99"), (4, "10")] {
                let maybe = (!NULLS.contains(&id)).then(|| number(text)).transpose()?;
                rows.push(Amount {
                    id,
                    number: number(text)?,
                    maybe,
                });
            }
            let s = column::there_and_back(stage, &rows)?;
            let both = |a: AmountFields<Amount>| (a.number.sum(), a.number.avg(), a.maybe.sum());
            read!(s, Amount::objects(), aggregate / aaggregate(both))?.gives((
                Some(number("19.98")?),
                Some(number("4.995")?),
                Some(number("9.99")?),
            ))?;
            let nothing = Amount::objects().lookup("pk", 0);
            read!(s, nothing, aggregate / aaggregate(both))?.gives((None, None, None))
        }

        /// A digit more behind the point than the column keeps is refused, and zeros are none.
        pub(super) fn finer(stage: &Stage) -> Verdict {
            let s = stage.open()?;
            s.prepare("creating amounts", s.db().create_table::<Amount>())?;
            let row = |id, text| {
                let number = number(text)?;
                Verdict::Ok(Amount {
                    id,
                    number,
                    maybe: None,
                })
            };
            let (finer, zeros) = (row(1, "0.00000000001")?, row(1, "0.500000000000")?);
            call!(s, create / acreate(&finer))?
                .fails(ErrorKind::Value)?
                .says(&["'number'", "keeps 10"])?;
            call!(s, create / acreate(&zeros))?.gives(())?;
            let half = number("0.5")?;
            column::finds(&s, Amount::objects().filter(|a| a.number.eq(half)), &[1])
        }

        fn widest() -> Verdict<Vec<Wide>> {
            let rows = (1..).zip(WIDE).map(|(id, (whole, fine))| {
                Ok(Wide {
                    id,
                    whole: number(whole)?,
                    fine: number(fine)?,
                })
            });
            rows.collect()
        }

        pub(super) fn wide(stage: &Stage) -> Verdict {
            let rows = widest()?;
            let s = column::there_and_back(stage, &rows)?;
            column::as_records(&s, &rows)?;
            let order = [1, 2, 3, 4];
            let ascending = column::in_order(&rows, &order, |w| Some(w.whole.clone()));
            column::compares::<Wide, _, _>(&s, |w| w.whole, &ascending)?;
            column::bounds::<Wide, _, _>(&s, |w| w.whole, &ascending)?;
            let ascending = column::in_order(&rows, &order, |w| Some(w.fine.clone()));
            column::compares::<Wide, _, _>(&s, |w| w.fine, &ascending)?;
            column::bounds::<Wide, _, _>(&s, |w| w.fine, &ascending)
        }

        /// Where there is no room for all the digits, none are dropped without a word.
        pub(super) fn wide_or_refused(stage: &Stage) -> Verdict {
            let s = stage.open()?;
            s.prepare("creating the table", s.db().create_table::<Wide>())?;
            let words = |row: &Wide| {
                let pair = usize::try_from(row.id - 1).ok().and_then(|at| WIDE.get(at));
                pair.map_or_else(Vec::new, |(whole, fine)| vec![*whole, *fine])
            };
            let columns: [column::Ascending<Wide, Number, Number>; 2] = [
                (|w| w.whole, |w| w.whole.clone()),
                (|w| w.fine, |w| w.fine.clone()),
            ];
            column::kept_or_refused(&s, &widest()?, &columns, words)
        }
    };
}

pub(super) use decimals;
