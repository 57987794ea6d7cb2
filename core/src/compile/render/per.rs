//! A slice for each owner of related rows.

use sea_query::{
    Alias, Expr, ExprTrait, Func, Order as Direction, OverStatement, SelectStatement,
    Value as Marker, WindowStatement,
};

use super::{Renderer, SUBQUERY};
use crate::compile::Select;
use crate::compile::writer::literal_end;
use crate::error::Result;

/// The row's number among those of its owner.
const NUMBER: &str = "__number";

/// What a column is called in the subquery, since columns of several tables may share a name.
pub(super) fn column_name(place: usize) -> Alias {
    Alias::new(format!("__column{place}"))
}

impl Renderer<'_> {
    /// Numbers the rows of each owner in the order of the query.
    pub(super) fn number_per_owner(
        &mut self,
        statement: &mut SelectStatement,
        select: &Select<'_>,
    ) -> Result<()> {
        let mut window = WindowStatement::new();
        for &column in select.per {
            let column = self.column(column)?;
            window.add_partition_by(column);
        }
        self.order(&mut window, select)?;
        let number = Func::cust(Alias::new("ROW_NUMBER"));
        statement.expr_window_as(number, window, Alias::new(NUMBER));
        Ok(())
    }

    /// The rows of a statement whose numbers are within the window.
    pub(super) fn within(
        &mut self,
        statement: SelectStatement,
        select: &Select<'_>,
        columns: usize,
    ) -> SelectStatement {
        let column = |name: Alias| Expr::col((Alias::new(SUBQUERY), name));
        let mut outer = SelectStatement::new();
        for place in 0..columns {
            outer.expr(column(column_name(place)));
        }
        outer.from_subquery(statement, Alias::new(SUBQUERY));
        let dialect = self.dialect;
        let mut end = |number: u64, is_literal: bool| match is_literal {
            true => Expr::val(Marker::BigUnsigned(Some(literal_end(number)))),
            false => self.param(),
        };
        let number = || column(Alias::new(NUMBER));
        if let Some(high) = select.window.high {
            outer.and_where(number().lte(end(high, dialect.literal_limit)));
        }
        if select.window.low > 0 {
            outer.and_where(number().gt(end(select.window.low, dialect.literal_offset)));
        }
        outer.order_by_expr(number(), Direction::Asc);
        outer
    }
}
