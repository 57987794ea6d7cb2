//! What is computed, and comparisons of it.

use sea_query::{Alias, Expr, ExprTrait, Func, SelectStatement};

use super::Renderer;
use super::text::Needle;
use crate::compile::Conditions;
use crate::compile::expression::is_zoned;
use crate::compile::plan::{Columns, Plan};
use crate::condition::{Predicate, Right, Side};
use crate::dialect::Family;
use crate::error::{Error, ErrorKind, Result};
use crate::expression::{Node, Operator, Source, is_moment};
use crate::lookup::Lookup;
use crate::subquery::Subselect;
use crate::value::{ColumnType, Value};

/// Decimals in expressions on MySQL, whose protocol has none.
const MYSQL_DECIMAL: &str = "DECIMAL(65, 30)";

impl Renderer<'_> {
    /// The expression of a comparison that stands inside an odd number of negations or not.
    pub(super) fn predicate(&mut self, predicate: &Predicate, negated: bool) -> Result<Expr> {
        self.leaf(negated, |renderer, columns, negated| {
            renderer.computed(predicate, columns, negated)
        })
    }

    fn computed(&mut self, predicate: &Predicate, columns: Columns, negated: bool) -> Result<Expr> {
        self.columns = columns;
        let mut holds = self.holds(predicate)?;
        let columns = std::mem::take(&mut self.columns);
        if !negated || predicate.bare || predicate.lookup == Lookup::IsNull {
            return Ok(holds);
        }
        // As of a plain column: a negation keeps the rows with NULL, unless NULL was listed.
        if let (Side::Values(Right::ManyOrNull(_)), Some(left)) = (&predicate.right, &columns.left)
        {
            return Ok(holds.or(self.spotted(left).is_null()));
        }
        let right = match &predicate.right {
            Side::Node(Node::Column(_)) => columns.right.first().map(|(_, spot)| spot),
            _ => None,
        };
        let left = columns.left.iter().filter(|spot| spot.nullable);
        // On this side Django looks at the column alone, and not at whether its table has a row.
        let right = right.filter(|spot| spot.has_nulls());
        for spot in left.chain(right) {
            holds = holds.and(self.spotted(spot).is_not_null());
        }
        Ok(holds)
    }

    /// A column of the comparison at hand. The left side's own may be that of a subquery, while
    /// the right side's columns are the query's.
    fn source(&mut self, source: &Source, on_the_left: bool) -> Result<Expr> {
        if let (true, Some(left)) = (on_the_left, &self.columns.left) {
            return Ok(self.spotted(left));
        }
        let found = self.columns.right.iter().find(|(at, _)| *at == source.at);
        match found {
            Some((_, spot)) => Ok(self.spotted(spot)),
            None => self.column(source.at),
        }
    }

    fn holds(&mut self, predicate: &Predicate) -> Result<Expr> {
        let lookup = predicate.lookup;
        if let Some(year) = predicate.by_bounds() {
            let of = self.left(year.of)?;
            return Ok(match lookup {
                Lookup::Gt => of.gt(self.param()),
                Lookup::Gte => of.gte(self.param()),
                Lookup::Lt => of.lt(self.param()),
                Lookup::Lte => of.lte(self.param()),
                _ => {
                    let (first, last) = (self.param(), self.param());
                    of.between(first, last)
                }
            });
        }
        let left = self.left(&predicate.left)?;
        let ty = predicate.left.ty();
        let is_text = ty == Some(ColumnType::Text);
        Ok(match &predicate.right {
            Side::Values(Right::One(Value::Bool(yes))) if lookup == Lookup::IsNull => match yes {
                true => left.is_null(),
                false => left.is_not_null(),
            },
            Side::Values(Right::One(_)) => {
                if lookup.is_text() {
                    let pattern = self.param();
                    return Ok(self.text(left, is_text, lookup, Needle::Bound(pattern)));
                }
                let value = self.typed_param(ty);
                order(left, lookup, value)
            }
            Side::Values(Right::Many(values) | Right::ManyOrNull(values)) => match lookup {
                Lookup::Range => {
                    let (low, high) = (self.typed_param(ty), self.typed_param(ty));
                    left.between(low, high)
                }
                _ => self.is_in(left, lookup, values, |renderer| renderer.typed_param(ty)),
            },
            Side::Query(query) => {
                // Neither of them knows a slice within IN.
                if self.dialect.family == Family::Mysql
                    && lookup == Lookup::In
                    && query.query().window.is_sliced()
                {
                    let message = format!(
                        "{} does not look into a slice of a query",
                        self.dialect.name
                    );
                    return Err(Error::new(ErrorKind::NotSupported, message));
                }
                let select = self.subselect(query)?;
                match lookup {
                    Lookup::In => left.in_subquery(select),
                    _ => order(left, lookup, Expr::SubQuery(None, Box::new(select.into()))),
                }
            }
            Side::Node(right) => {
                let right_is_text = right.ty() == Some(ColumnType::Text);
                let (computed, right_ty) = (matches!(right, Node::Arithmetic(..)), right.ty());
                let right = self.node(right)?;
                // A text of a date is none of the same date and its midnight, which a span that
                // is added makes of a date.
                let left = match (self.dialect.family, ty, right_ty) {
                    (Family::Sqlite, Some(ColumnType::Date), Some(ColumnType::DateTime))
                        if computed =>
                    {
                        let shift = Func::cust(Alias::new("queryset_shift"));
                        shift.arg(left).arg(Expr::cust("0")).into()
                    }
                    _ => left,
                };
                match lookup.is_text() {
                    true => {
                        let needle = Needle::Computed(right, right_is_text);
                        self.text(left, is_text, lookup, needle)
                    }
                    false => order(left, lookup, right),
                }
            }
            Side::Nodes(nodes) => {
                let mut right = Vec::with_capacity(nodes.len());
                for node in nodes {
                    right.push(self.node(node)?);
                }
                match <[Expr; 2]>::try_from(right) {
                    Ok([low, high]) if lookup == Lookup::Range => left.between(low, high),
                    Ok(both) => left.is_in(both),
                    Err(right) => left.is_in(right),
                }
            }
        })
    }

    /// The left side, which is made of one column where the plan says so.
    fn left(&mut self, node: &Node) -> Result<Expr> {
        let of_one = node.source().is_some();
        self.tree(node, of_one)
    }

    pub(super) fn node(&mut self, node: &Node) -> Result<Expr> {
        self.tree(node, false)
    }

    fn tree(&mut self, node: &Node, left: bool) -> Result<Expr> {
        Ok(match node {
            Node::Column(column) => self.source(column, left)?,
            Node::Value(value) => self.typed_value(value),
            Node::Transform(transform, of) => {
                let expr = self.tree(of, left)?;
                let zone = is_zoned(of, self.zone).then(|| self.param());
                self.transform(*transform, expr, of.ty(), zone)
            }
            Node::Arithmetic(operator, a, b) => {
                let (left, right) = (self.node(a)?, self.node(b)?);
                self.arithmetic(*operator, (left, a.ty()), (right, b.ty()))
            }
            Node::Row(parts) => {
                let mut row = Vec::with_capacity(parts.len());
                for part in parts {
                    row.push(self.tree(part, left)?);
                }
                Expr::tuple(row)
            }
            // A name was resolved, or its query reported it.
            Node::Named(_) => Expr::cust("NULL"),
        })
    }

    /// A select within this one.
    fn subselect(&mut self, query: &Subselect) -> Result<SelectStatement> {
        let select = query.select();
        let conditions = Conditions::of(&select);
        let plan = Plan::new(&select, &conditions)?;
        let mut inner = Renderer::new(&select, plan, self.dialect, self.zone);
        inner.params = self.params;
        self.nests = true;
        let statement = inner.select(&select, &conditions)?;
        self.params = inner.params;
        Ok(statement)
    }

    /// The next value's placeholder, as what is compared with something of the type.
    fn typed_param(&mut self, ty: Option<ColumnType>) -> Expr {
        let value = self.param();
        match (self.dialect.family, ty) {
            (Family::Mysql, Some(ColumnType::Decimal)) => value.cast_as(Alias::new(MYSQL_DECIMAL)),
            _ => value,
        }
    }

    /// The next value's placeholder within an expression. PostgreSQL would take its type from
    /// what stands beside it, and take a fraction for an integer.
    fn typed_value(&mut self, value: &Value) -> Expr {
        let param = self.param();
        let ty = match (self.dialect.family, value) {
            (Family::Sqlite, _) => return param,
            (Family::Mysql, Value::Decimal(_)) => MYSQL_DECIMAL,
            (Family::Mysql, Value::Json(_)) if self.dialect.cast_documents => "JSON",
            (Family::Mysql, _) => return param,
            (Family::Postgres, value) => match value {
                Value::Bool(_) => "boolean",
                Value::I64(_) => "bigint",
                Value::U64(_) | Value::Decimal(_) => "numeric",
                Value::F64(_) => "double precision",
                Value::Text(_) => "text",
                Value::Bytes(_) => "bytea",
                Value::Date(_) => "date",
                Value::Time(_) => "time",
                Value::DateTime(_) => "timestamp",
                Value::Timestamp(_) => "timestamp with time zone",
                Value::Duration(_) => "interval",
                Value::Uuid(_) => "uuid",
                Value::Json(_) => "jsonb",
                Value::Null | Value::Array(_) | Value::Refused(_) => return param,
            },
        };
        param.cast_as(Alias::new(ty))
    }

    fn arithmetic(
        &self,
        operator: Operator,
        (a, left): (Expr, Option<ColumnType>),
        (b, right): (Expr, Option<ColumnType>),
    ) -> Expr {
        let moment = |ty: Option<ColumnType>| ty.is_some_and(is_moment);
        let span = Some(ColumnType::Duration);
        let family = self.dialect.family;
        match (operator, family) {
            // A span before what it is added to.
            (Operator::Add, _) if left == span && moment(right) => {
                return self.arithmetic(operator, (b, right), (a, left));
            }
            (Operator::Add | Operator::Sub, Family::Sqlite) if moment(left) && right == span => {
                let span = match operator {
                    Operator::Sub => self.template(&["(-", ")"], [b]),
                    _ => b,
                };
                return Func::cust(Alias::new("queryset_shift"))
                    .arg(a)
                    .arg(span)
                    .into();
            }
            (Operator::Add | Operator::Sub, Family::Mysql) if moment(left) && right == span => {
                let sign = match operator {
                    Operator::Sub => " - INTERVAL ",
                    _ => " + INTERVAL ",
                };
                return self.template(&["(", sign, " MICROSECOND)"], [a, b]);
            }
            (Operator::Sub, _) if moment(left) && moment(right) => {
                return self.span((a, left), (b, right));
            }
            (Operator::Pow, Family::Sqlite) => {
                return Func::cust(Alias::new("queryset_power"))
                    .arg(a)
                    .arg(b)
                    .into();
            }
            (Operator::Pow, Family::Mysql) => {
                return Func::cust(Alias::new("POW")).arg(a).arg(b).into();
            }
            // SQLite keeps a decimal without a fraction as an integer, and would divide it as
            // one; its operator for the rest knows only integers.
            (Operator::Div | Operator::Rem, Family::Sqlite)
                if matches!(
                    operator.output(left, right),
                    Some(ColumnType::Decimal | ColumnType::F64)
                ) =>
            {
                return match operator {
                    Operator::Div => self.template(&["(CAST(", " AS REAL) / ", ")"], [a, b]),
                    _ => Func::cust(Alias::new("queryset_mod")).arg(a).arg(b).into(),
                };
            }
            _ => {}
        }
        let sign = match operator {
            Operator::Add => " + ",
            Operator::Sub => " - ",
            Operator::Mul => " * ",
            Operator::Div => " / ",
            Operator::Rem => " % ",
            Operator::Pow => " ^ ",
        };
        self.template(&["(", sign, ")"], [a, b])
    }

    /// The time from the second to the first.
    fn span(
        &self,
        (a, left): (Expr, Option<ColumnType>),
        (b, right): (Expr, Option<ColumnType>),
    ) -> Expr {
        let both = |ty| left == Some(ty) && right == Some(ty);
        match self.dialect.family {
            Family::Sqlite => Func::cust(Alias::new("queryset_span")).arg(a).arg(b).into(),
            // Dates are subtracted to a number of days there.
            Family::Postgres if both(ColumnType::Date) => {
                self.template(&["(INTERVAL '1 day' * (", " - ", "))"], [a, b])
            }
            Family::Postgres => self.template(&["(", " - ", ")"], [a, b]),
            Family::Mysql if both(ColumnType::Time) => {
                let micros = |time: Expr| {
                    let parts = ["(TIME_TO_SEC(", ") * 1000000 + MICROSECOND(", "))"];
                    self.template(&parts, [time.clone(), time])
                };
                self.template(&["(", " - ", ")"], [micros(a), micros(b)])
            }
            Family::Mysql => self.template(&["TIMESTAMPDIFF(MICROSECOND, ", ", ", ")"], [b, a]),
        }
    }

    /// Expressions between the parts of a text.
    pub(super) fn template<const N: usize>(&self, parts: &[&str], exprs: [Expr; N]) -> Expr {
        let mut text = String::new();
        for (place, part) in parts.iter().enumerate() {
            if place > 0 {
                match self.dialect.family {
                    Family::Postgres => text.push_str(&format!("${place}")),
                    Family::Sqlite | Family::Mysql => text.push('?'),
                }
            }
            text.push_str(part);
        }
        Expr::cust_with_exprs(text, exprs)
    }
}

fn order(left: Expr, lookup: Lookup, right: Expr) -> Expr {
    match lookup {
        Lookup::Gt => left.gt(right),
        Lookup::Gte => left.gte(right),
        Lookup::Lt => left.lt(right),
        Lookup::Lte => left.lte(right),
        _ => left.eq(right),
    }
}
