//! Conditions as expressions.

use sea_query::{Alias, BinOper, CaseStatement, Expr, ExprTrait, Func, SelectStatement};

use super::text::Needle;
use super::{Renderer, table};
use crate::compile::plan::{Columns, Leaf, Split};
use crate::compile::shape::as_array;
use crate::condition::{Compare, Condition, Right};
use crate::dialect::Family;
use crate::error::Result;
use crate::lookup::Lookup;
use crate::meta::ColumnMeta;
use crate::value::{ColumnType, Value};

/// The most digits of MySQL's decimals, and how many of them stand before the point when the most
/// stand behind it.
const MYSQL_DIGITS: u32 = 65;
const MYSQL_BEFORE: u32 = 35;

impl Renderer<'_> {
    /// The expression of a condition that stands inside an odd number of negations or not.
    pub(super) fn condition(&mut self, condition: &Condition, negated: bool) -> Result<Expr> {
        Ok(match condition {
            Condition::Compare(compare) => self.compare(compare, negated)?,
            Condition::Predicate(predicate) => self.predicate(predicate, negated)?,
            Condition::And(parts) => self.join(parts, negated, ExprTrait::and)?,
            Condition::Or(parts) => self.join(parts, negated, ExprTrait::or)?,
            Condition::Xor(parts) => self.odd(parts, negated)?,
            Condition::Not(inner) => self.condition(inner, !negated)?.not(),
            Condition::Never | Condition::Known(_, false) => Expr::cust("1 = 0"),
            Condition::Known(_, true) => Expr::cust("1 = 1"),
            // A named condition was resolved, and an invalid one stops its query before.
            Condition::Always
            | Condition::Named(..)
            | Condition::Computed(_)
            | Condition::Invalid(_) => Expr::cust("1 = 1"),
        })
    }

    fn join(
        &mut self,
        parts: &[Condition],
        negated: bool,
        join: fn(Expr, Expr) -> Expr,
    ) -> Result<Expr> {
        let mut joined: Option<Expr> = None;
        for part in parts {
            let part = self.condition(part, negated)?;
            joined = Some(match joined {
                None => part,
                Some(earlier) => join(earlier, part),
            });
        }
        Ok(joined.unwrap_or_else(|| Expr::cust("1 = 1")))
    }

    /// Whether an odd number of parts hold; a part that is NULL does not hold. MySQL has an
    /// operator of its own, which is NULL then.
    fn odd(&mut self, parts: &[Condition], negated: bool) -> Result<Expr> {
        if self.dialect.family == Family::Mysql {
            return self.join(parts, negated, |a, b| a.binary(BinOper::Custom("XOR"), b));
        }
        let mut sum: Option<Expr> = None;
        for part in parts {
            let holds = self.condition(part, negated)?;
            let one: Expr = CaseStatement::new()
                .case(holds, Expr::cust("1"))
                .finally(Expr::cust("0"))
                .into();
            sum = Some(match sum {
                None => one,
                Some(earlier) => earlier.add(one),
            });
        }
        let sum = sum.unwrap_or_else(|| Expr::cust("0"));
        Ok(sum.modulo(Expr::cust("2")).eq(Expr::cust("1")))
    }

    fn compare(&mut self, compare: &Compare, negated: bool) -> Result<Expr> {
        self.leaf(negated, |renderer, columns, negated| {
            renderer.compared(compare, columns, negated)
        })
    }

    /// A comparison, by what it is once its columns are known.
    pub(super) fn leaf(
        &mut self,
        negated: bool,
        holds: impl FnOnce(&mut Self, Columns, bool) -> Result<Expr>,
    ) -> Result<Expr> {
        match self.leaves.next() {
            Some(Leaf::Here(columns)) => holds(self, columns, negated),
            Some(Leaf::Split(split)) => self.split(*split, holds),
            // The plan has one for each comparison.
            None => Ok(Expr::cust("1 = 1")),
        }
    }

    /// Whether the subquery has a row.
    fn split(
        &mut self,
        split: Split,
        holds: impl FnOnce(&mut Self, Columns, bool) -> Result<Expr>,
    ) -> Result<Expr> {
        let Split {
            joins,
            first,
            columns,
            links,
            or_null,
        } = split;
        let holds = holds(self, columns, false)?;
        self.nests = true;
        let outer = std::mem::replace(&mut self.joins, joins);
        let mut select = SelectStatement::new();
        let base = self.joins.table(first);
        select
            .expr(Expr::cust("1"))
            .from_as(table(&base.model), Alias::new(&*base.name));
        for join in self.joins.joined(first) {
            self.joined(&mut select, join);
        }
        select.and_where(holds);
        for (inner, outer) in &links {
            select.and_where(self.spotted(inner).eq(self.spotted(outer)));
        }
        self.joins = outer;
        let exists = Expr::exists(select);
        Ok(or_null
            .iter()
            .fold(exists, |any, column| any.or(self.spotted(column).is_null())))
    }

    fn compared(&mut self, compare: &Compare, columns: Columns, negated: bool) -> Result<Expr> {
        let Some(left) = columns.left else {
            // A plain comparison is of a column.
            return Ok(Expr::cust("1 = 1"));
        };
        let column = self.spotted(&left);
        let nullable = left.nullable;
        let meta = &left.model.columns()[usize::from(left.index)];
        let lookup = compare.lookup;
        if let (Lookup::IsNull, Right::One(Value::Bool(yes))) = (lookup, &compare.right) {
            return Ok(if *yes {
                column.is_null()
            } else {
                column.is_not_null()
            });
        }
        let holds = match (&compare.right, lookup) {
            (Right::One(_), Lookup::Exact) => column.clone().eq(self.value(meta)),
            (Right::One(_), Lookup::Gt) => column.clone().gt(self.value(meta)),
            (Right::One(_), Lookup::Gte) => column.clone().gte(self.value(meta)),
            (Right::One(_), Lookup::Lt) => column.clone().lt(self.value(meta)),
            (Right::One(_), Lookup::Lte) => column.clone().lte(self.value(meta)),
            (Right::One(_), lookup) => {
                let pattern = Needle::Bound(self.param());
                self.text(
                    column.clone(),
                    meta.ty() == ColumnType::Text,
                    lookup,
                    pattern,
                )
            }
            (Right::Many(values), Lookup::Range) if values.len() == 2 => {
                let (low, high) = (self.value(meta), self.value(meta));
                column.clone().between(low, high)
            }
            (Right::Many(values) | Right::ManyOrNull(values), _) if self.casts(meta) => {
                // Its `IN` knows no documents.
                let each = values.iter().map(|_| column.clone().eq(self.value(meta)));
                each.reduce(Expr::or).unwrap_or_else(|| Expr::cust("1 = 2"))
            }
            (Right::Many(values) | Right::ManyOrNull(values), _) => {
                self.is_in(column.clone(), lookup, values, |renderer| {
                    renderer.value(meta)
                })
            }
        };
        // A negated comparison keeps the rows with NULL, unless NULL was listed among the values.
        Ok(match (negated && nullable, &compare.right) {
            (true, Right::ManyOrNull(_)) => holds.or(column.is_null()),
            (true, _) => holds.and(column.is_not_null()),
            (false, _) => holds,
        })
    }

    pub(super) fn is_in(
        &mut self,
        left: Expr,
        lookup: Lookup,
        values: &[Value],
        value: impl Fn(&mut Self) -> Expr,
    ) -> Expr {
        if !as_array(lookup, values, self.dialect) {
            let params: Vec<Expr> = values.iter().map(|_| value(self)).collect();
            return left.is_in(params);
        }
        let array = self.param();
        match self.dialect.family {
            Family::Sqlite => {
                let mut each = SelectStatement::new();
                each.column(Alias::new("value")).from_function(
                    Func::cust(Alias::new("json_each")).arg(array),
                    Alias::new("listed"),
                );
                left.in_subquery(each)
            }
            _ => left.eq(Func::cust(Alias::new("ANY")).arg(array)),
        }
    }

    /// Whether what is compared with the column has to be made a document first.
    fn casts(&self, meta: &ColumnMeta) -> bool {
        self.dialect.cast_documents && meta.ty() == ColumnType::Json
    }

    /// The next value's placeholder, as what the column is compared with.
    ///
    /// MySQL's protocol has no decimals: they are bound as text, and text is compared with a
    /// number as floats are, which takes near numbers for the same.
    fn value(&mut self, meta: &ColumnMeta) -> Expr {
        let value = self.param();
        if self.casts(meta) {
            return value.cast_as(Alias::new("JSON"));
        }
        if self.dialect.family != Family::Mysql || meta.ty() != ColumnType::Decimal {
            return value;
        }
        // Most digits that there are behind the point, and before it all that the column has: of
        // a number that is cut there it is still known that it is larger.
        let before = meta
            .declared_digits()
            .map_or(MYSQL_BEFORE, |(digits, places)| {
                u32::from(digits.saturating_sub(places))
            });
        let places = MYSQL_DIGITS - before.clamp(MYSQL_BEFORE, MYSQL_DIGITS);
        value.cast_as(Alias::new(format!("DECIMAL({MYSQL_DIGITS}, {places})")))
    }
}
