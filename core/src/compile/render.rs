//! A shape's text, through sea-query.

mod condition;
mod expression;
mod per;
mod text;
mod transform;

use std::vec;

use sea_query::{
    Alias, Condition, Expr, ExprTrait, Func, IntoColumnRef, JoinType, MysqlQueryBuilder,
    NullOrdering, Order as Direction, OrderedStatement, PostgresQueryBuilder, QueryBuilder,
    SelectStatement, SqliteQueryBuilder, TableRef, Value as Marker,
};

use super::joins::{Join, Joins, Spot};
use super::plan::{Columns, Leaf, Plan};
use super::writer::{NO_LIMIT, Text, TextWriter, bound_end, literal_end};
use super::{Conditions, Select, What};
use crate::aggregate::{AggregateCall, Function};
use crate::condition::ColumnRef;
use crate::dialect::{Dialect, Family};
use crate::error::{Error, ErrorKind, Result};
use crate::meta::ModelMeta;
use crate::order::{Nulls, Term};
use crate::query::Window;
use crate::value::ColumnType;
use crate::zone::Zone;

/// The name of a select in another's FROM.
const SUBQUERY: &str = "subquery";

/// Renders the select. The values' positions are counted in the order of
/// [`Shape`](super::shape::Shape).
pub(super) fn render(
    select: &Select<'_>,
    conditions: &Conditions<'_>,
    dialect: &Dialect,
    zone: &Zone,
) -> Result<Text> {
    let plan = Plan::new(select, conditions)?;
    let mut renderer = Renderer::new(select, plan, dialect, zone);
    let mut statement = renderer.select(select, conditions)?;
    // MariaDB looks all names up at each run, and those with a table's take it longer.
    if dialect.family == Family::Mysql && renderer.reads_one_table() {
        let plan = Plan::new(select, conditions)?;
        renderer = Renderer::new(select, plan, dialect, zone);
        renderer.bare = true;
        statement = renderer.select(select, conditions)?;
    }
    let numbered = dialect.family == Family::Postgres;
    let mut writer = TextWriter::new(numbered);
    match dialect.family {
        Family::Sqlite => SqliteQueryBuilder.prepare_select_statement(&statement, &mut writer),
        Family::Postgres => PostgresQueryBuilder.prepare_select_statement(&statement, &mut writer),
        Family::Mysql => MysqlQueryBuilder.prepare_select_statement(&statement, &mut writer),
    }
    Ok(writer.finish(renderer.params))
}

/// What orders rows, and what it is called among what is selected.
struct Ordered {
    by: Expr,
    name: Option<String>,
}

struct Renderer<'r> {
    meta: &'r ModelMeta,
    dialect: &'r Dialect,
    joins: Joins,
    /// The columns of the comparisons that are still to be rendered.
    leaves: vec::IntoIter<Leaf>,
    /// The columns of the comparison at hand.
    columns: Columns,
    zone: &'r Zone,
    params: usize,
    /// Columns are named without their table.
    bare: bool,
    /// There is another select within this one.
    nests: bool,
}

impl<'r> Renderer<'r> {
    fn new(select: &Select<'r>, plan: Plan, dialect: &'r Dialect, zone: &'r Zone) -> Self {
        Self {
            meta: &select.query.meta,
            dialect,
            joins: plan.joins,
            leaves: plan.leaves.into_iter(),
            columns: Columns::default(),
            zone,
            params: 0,
            bare: false,
            nests: false,
        }
    }

    /// Whether the columns of what was rendered need no table beside their names.
    fn reads_one_table(&self) -> bool {
        self.joins.len() == 1 && !self.nests
    }

    fn select(
        &mut self,
        select: &Select<'_>,
        conditions: &Conditions<'_>,
    ) -> Result<SelectStatement> {
        let distinct = select.query.distinct;
        let sliced = select.query.window.is_sliced();
        let mut inner = SelectStatement::new();
        inner.from(table(self.meta));
        let distinct_on = &select.query.distinct_on;
        if !distinct_on.is_empty() {
            if self.dialect.family != Family::Postgres {
                let message = format!(
                    "{} has no DISTINCT ON, which distinct by columns is",
                    self.dialect.name
                );
                return Err(Error::new(ErrorKind::NotSupported, message));
            }
            let mut columns = Vec::with_capacity(distinct_on.len());
            for &column in distinct_on {
                columns.push(self.column_name(column)?);
            }
            inner.distinct_on(columns);
        } else if distinct {
            inner.distinct();
        }
        // What counts or adds up the rows of a cut or distinct query needs those rows first.
        let nested = distinct || sliced;
        match select.what {
            What::Rows => self.all_columns(&mut inner),
            What::Columns(columns) => {
                let before = self.joins.len();
                for (place, &column) in columns.iter().enumerate() {
                    let column = self.column(column)?;
                    match select.per {
                        [] => inner.expr(column),
                        _ => inner.expr_as(column, per::column_name(place)),
                    };
                }
                self.joins.selected_since(before);
            }
            What::Exists if distinct && sliced => self.all_columns(&mut inner),
            What::Exists => {
                inner.clear_selects();
                inner.expr_as(Expr::cust("1"), Alias::new("a"));
            }
            What::Count if nested && !distinct => match self.meta.primary_key().first() {
                Some(&index) => {
                    inner.column(self.name(index)?);
                }
                None => self.all_columns(&mut inner),
            },
            What::Count if nested => self.all_columns(&mut inner),
            What::Aggregates(calls) if nested => {
                self.all_columns(&mut inner);
                self.related_arguments(&mut inner, calls)?;
            }
            What::Count => {
                inner.expr(Func::count(Expr::cust("*")));
            }
            What::Aggregates(calls) => {
                for call in calls {
                    let function = self.aggregate(call, None)?;
                    inner.expr(function);
                }
            }
        }
        for condition in conditions.iter() {
            if !condition.is_always() {
                let condition = self.condition(condition, false)?;
                inner.and_where(condition);
            }
        }
        let ordered_by = match select.per {
            [] => self.order(&mut inner, select)?,
            _ => {
                self.number_per_owner(&mut inner, select)?;
                Vec::new()
            }
        };
        let adds = distinct && distinct_on.is_empty();
        if adds && !matches!(select.what, What::Exists if !sliced) {
            // What orders distinct rows must be among what is selected.
            for Ordered { by, name } in ordered_by {
                match name {
                    None => inner.expr(by),
                    Some(name) => inner.expr_as(by, Alias::new(name)),
                };
            }
        }
        for join in self.joins.joined(0) {
            self.joined(&mut inner, join);
        }
        if select.per.is_empty() {
            self.window(&mut inner, select.window);
        }
        Ok(match select.what {
            What::Columns(columns) if !select.per.is_empty() => {
                self.within(inner, select, columns.len())
            }
            What::Count if nested => {
                let mut outer = SelectStatement::new();
                outer.expr(Func::count(Expr::cust("*")));
                outer.from_subquery(inner, Alias::new(SUBQUERY));
                outer
            }
            What::Aggregates(calls) if nested => {
                let mut outer = SelectStatement::new();
                for (number, call) in calls.iter().enumerate() {
                    let function = self.aggregate(call, Some(number))?;
                    outer.expr(function);
                }
                outer.from_subquery(inner, Alias::new(SUBQUERY));
                outer
            }
            _ => inner,
        })
    }

    /// Joins a table to those before it.
    fn joined(&self, select: &mut SelectStatement, join: &Join) {
        let kind = match join.outer {
            true => JoinType::LeftJoin,
            // MySQL likes to begin with the smaller table, and then has to sort all rows of the
            // larger one, though only some are wanted, or their index has the order.
            false if join.only_selected && self.dialect.family == Family::Mysql => {
                JoinType::StraightJoin
            }
            false => JoinType::InnerJoin,
        };
        let parent = self.joins.table(join.parent);
        let mut on = Condition::all();
        for &(key, own) in &join.on {
            let key = self.named(&parent.name, &parent.model, key);
            on = on.add(key.eq(self.named(&join.name, &join.model, own)));
        }
        let table = table(&join.model);
        match *join.name == *join.model.table() {
            true => select.join(kind, table, on),
            false => select.join_as(kind, table, Alias::new(&*join.name), on),
        };
    }

    fn all_columns(&self, select: &mut SelectStatement) {
        let table = self.meta.table();
        for column in self.meta.columns() {
            select.column(self.qualified(table, column.column()));
        }
    }

    fn qualified(&self, table: &str, column: &str) -> sea_query::ColumnRef {
        let column = Alias::new(column);
        match self.bare {
            true => column.into_column_ref(),
            false => (Alias::new(table), column).into_column_ref(),
        }
    }

    fn named(&self, table: &str, model: &ModelMeta, index: u16) -> Expr {
        let column = model.columns()[usize::from(index)].column();
        Expr::col(self.qualified(table, column))
    }

    fn spotted(&self, spot: &Spot) -> Expr {
        self.named(&spot.table, &spot.model, spot.index)
    }

    /// The name of a column of the model.
    fn name(&self, index: usize) -> Result<sea_query::ColumnRef> {
        match self.meta.columns().get(index) {
            Some(column) => Ok(self.qualified(self.meta.table(), column.column())),
            None => Err(Error::new(
                ErrorKind::Field,
                format!("{} has no column at position {index}", self.meta.name()),
            )),
        }
    }

    /// A column beside the conditions, which shares the tables of all.
    fn column(&mut self, column: ColumnRef) -> Result<Expr> {
        Ok(Expr::col(self.column_name(column)?))
    }

    fn column_name(&mut self, column: ColumnRef) -> Result<sea_query::ColumnRef> {
        if column.path.is_root() {
            return self.name(usize::from(column.index));
        }
        let spot = self.joins.shared(column, None)?;
        let name = spot.model.columns().get(usize::from(spot.index));
        let name = name.map_or("", |column| column.column());
        Ok(self.qualified(&spot.table, name))
    }

    /// The next value's placeholder.
    fn param(&mut self) -> Expr {
        let position = self.params as i64;
        self.params += 1;
        Expr::val(Marker::BigInt(Some(position)))
    }

    /// Selects what is added up and is not a column of the query's own model.
    fn related_arguments(
        &mut self,
        select: &mut SelectStatement,
        calls: &[AggregateCall],
    ) -> Result<()> {
        for (number, call) in calls.iter().enumerate() {
            if let Some(column) = call.column.filter(|column| !column.path.is_root()) {
                let argument = self.column(column)?;
                select.expr_as(argument, Alias::new(related_argument(number)));
            }
        }
        Ok(())
    }

    /// A function; over the columns of a subquery if the call has a number there.
    fn aggregate(&mut self, call: &AggregateCall, nested: Option<usize>) -> Result<Expr> {
        let (argument, column) = match (call.column, nested) {
            (None, _) => return Ok(Func::count(Expr::cust("*")).into()),
            (Some(column), None) => (self.column(column)?, column),
            (Some(column), Some(number)) => {
                let name = match column.path.is_root() {
                    true => {
                        self.name(usize::from(column.index))?;
                        self.meta.columns()[usize::from(column.index)]
                            .column()
                            .to_owned()
                    }
                    false => related_argument(number),
                };
                (Expr::col((Alias::new(SUBQUERY), Alias::new(name))), column)
            }
        };
        let ty = self.meta.column_at(column).map(|column| column.ty());
        let integer = ty.is_some_and(|ty| ty.integer_range().is_some());
        // Where a span is a number of microseconds, its average is a whole one too.
        let counted = ty == Some(ColumnType::Duration) && self.dialect.family != Family::Postgres;
        Ok(match (call.function, call.distinct) {
            (Function::Count, false) => Func::count(argument).into(),
            (Function::Count, true) => Func::count_distinct(argument).into(),
            (Function::Sum, false) => Func::sum(argument).into(),
            (Function::Sum, true) => Func::sum(self.distinct(argument)).into(),
            // An average of integers is a floating-point number on every database.
            (Function::Avg, false) if integer && self.dialect.family == Family::Postgres => {
                Expr::from(Func::avg(argument)).cast_as(Alias::new("double precision"))
            }
            (Function::Avg, distinct) => {
                let average = Func::avg(match distinct {
                    true => self.distinct(argument),
                    false => argument,
                });
                match counted {
                    true => Func::round(average).into(),
                    false => average.into(),
                }
            }
            (function, _) => self.extreme(function, argument, ty),
        })
    }

    /// The least or the greatest value.
    fn extreme(&self, function: Function, argument: Expr, ty: Option<ColumnType>) -> Expr {
        let least = function == Function::Min;
        match (self.dialect.family, ty) {
            // PostgreSQL has no such functions of these; the texts sort as the values do.
            (Family::Postgres, Some(ColumnType::Uuid)) => {
                let text = Expr::cust_with_expr("CAST($1 AS text) COLLATE \"C\"", argument);
                let found = match least {
                    true => Func::min(text),
                    false => Func::max(text),
                };
                Expr::from(found).cast_as(Alias::new("uuid"))
            }
            (Family::Postgres, Some(ColumnType::Bool)) => match least {
                true => Func::cust(Alias::new("bool_and")).arg(argument).into(),
                false => Func::cust(Alias::new("bool_or")).arg(argument).into(),
            },
            _ if least => Func::min(argument).into(),
            _ => Func::max(argument).into(),
        }
    }

    /// The argument of a function that takes each value once.
    fn distinct(&self, argument: Expr) -> Expr {
        let template = match self.dialect.family {
            Family::Postgres => "DISTINCT $1",
            Family::Sqlite | Family::Mysql => "DISTINCT ?",
        };
        Expr::cust_with_expr(template, argument)
    }

    /// Orders the rows; what does and is no column of the query's own model.
    fn order(
        &mut self,
        statement: &mut impl OrderedStatement,
        select: &Select<'_>,
    ) -> Result<Vec<Ordered>> {
        let mut beside = Vec::new();
        let (terms, reversed) = select.terms();
        let meta = self.meta;
        let terms = match terms {
            Some(terms) => terms,
            None => meta
                .default_terms()
                .map_err(|invalid| invalid.to_error())?
                .as_slice(),
        };
        for term in terms {
            let term = if reversed {
                term.reversed()
            } else {
                term.clone()
            };
            let (by, descending, nulls) = match term {
                Term::Random => {
                    let random = match self.dialect.family {
                        Family::Mysql => "RAND()",
                        _ => "RANDOM()",
                    };
                    statement.order_by_expr(Expr::cust(random), Direction::Asc);
                    continue;
                }
                Term::Column {
                    column,
                    descending,
                    nulls,
                } => {
                    let by = self.column(column)?;
                    if !column.path.is_root() {
                        beside.push(Ordered {
                            by: by.clone(),
                            name: None,
                        });
                    }
                    (by, descending, nulls)
                }
                Term::Computed {
                    node,
                    descending,
                    nulls,
                } => {
                    let by = self.node(&node)?;
                    if !select.query.distinct || !select.query.distinct_on.is_empty() {
                        (by, descending, nulls)
                    } else {
                        // Bound values would not show that what is selected is what orders.
                        let name = format!("__order{}", beside.len());
                        let named = Expr::col(Alias::new(&name));
                        beside.push(Ordered {
                            by,
                            name: Some(name),
                        });
                        (named, descending, nulls)
                    }
                }
            };
            let direction = if descending {
                Direction::Desc
            } else {
                Direction::Asc
            };
            match nulls {
                None => statement.order_by_expr(by, direction),
                Some(nulls) => {
                    let nulls = match nulls {
                        Nulls::First => NullOrdering::First,
                        Nulls::Last => NullOrdering::Last,
                    };
                    statement.order_by_expr_with_nulls(by, direction, nulls)
                }
            };
        }
        Ok(beside)
    }

    fn window(&mut self, statement: &mut SelectStatement, window: Window) {
        let end = |renderer: &mut Self, number: u64, is_literal: bool| {
            if is_literal {
                return literal_end(number);
            }
            renderer.params += 1;
            bound_end(renderer.params - 1)
        };
        match window.limit() {
            Some(limit) => {
                let limit = end(self, limit, self.dialect.literal_limit);
                statement.limit(limit);
            }
            // Only PostgreSQL has an OFFSET without a LIMIT.
            None if window.low > 0 => match self.dialect.family {
                Family::Postgres => {}
                Family::Mysql => {
                    statement.limit(NO_LIMIT);
                }
                Family::Sqlite => {
                    statement.limit(i64::MAX as u64);
                }
            },
            None => {}
        }
        if window.low > 0 {
            let low = end(self, window.low, self.dialect.literal_offset);
            statement.offset(low);
        }
    }
}

/// What a subquery calls the argument of a function that is a column of a related model.
fn related_argument(number: usize) -> String {
    format!("__arg{number}")
}

fn table(model: &ModelMeta) -> TableRef {
    // Owned names are quoted by sea-query, static ones are taken to need it not.
    let table = Alias::new(model.table());
    match model.schema() {
        Some(schema) => TableRef::from((Alias::new(schema), table)),
        None => TableRef::from(table),
    }
}
