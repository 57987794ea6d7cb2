//! The methods that the suite covers.

/// A read method (or one of the few that write), with its asynchronous twin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
#[allow(missing_docs)] // Each is what it is called.
pub enum Method {
    Get,
    GetOrNone,
    Count,
    Exists,
    First,
    Last,
    Nth,
    Earliest,
    Latest,
    InBulk,
    Contains,
    Aggregate,
    Explain,
    List,
    Iter,
    Raw,
    Create,
    BulkCreate,
    Insert,
    CreateTable,
    Execute,
    Begin,
    Commit,
    Rollback,
    Atomic,
    Close,
}

impl Method {
    /// All of them, in the order of a report.
    pub const ALL: [Self; 26] = [
        Self::Get,
        Self::GetOrNone,
        Self::Count,
        Self::Exists,
        Self::First,
        Self::Last,
        Self::Nth,
        Self::Earliest,
        Self::Latest,
        Self::InBulk,
        Self::Contains,
        Self::Aggregate,
        Self::Explain,
        Self::List,
        Self::Iter,
        Self::Raw,
        Self::Create,
        Self::BulkCreate,
        Self::Insert,
        Self::CreateTable,
        Self::Execute,
        Self::Begin,
        Self::Commit,
        Self::Rollback,
        Self::Atomic,
        Self::Close,
    ];

    /// The name of the method's one or the other form.
    pub const fn name(self, form: Form) -> &'static str {
        let (blocking, asynchronous) = match self {
            Self::Get => ("get", "aget"),
            Self::GetOrNone => ("get_or_none", "aget_or_none"),
            Self::Count => ("count", "acount"),
            Self::Exists => ("exists", "aexists"),
            Self::First => ("first", "afirst"),
            Self::Last => ("last", "alast"),
            Self::Nth => ("nth", "anth"),
            Self::Earliest => ("earliest", "aearliest"),
            Self::Latest => ("latest", "alatest"),
            Self::InBulk => ("in_bulk", "ain_bulk"),
            Self::Contains => ("contains", "acontains"),
            Self::Aggregate => ("aggregate", "aaggregate"),
            Self::Explain => ("explain", "aexplain"),
            Self::List => ("list", "alist"),
            Self::Iter => ("iter", "aiter"),
            Self::Raw => ("raw.list", "raw.alist"),
            Self::Create => ("create", "acreate"),
            Self::BulkCreate => ("bulk_create", "abulk_create"),
            Self::Insert => ("insert", "ainsert"),
            Self::CreateTable => ("create_table", "acreate_table"),
            Self::Execute => ("execute", "aexecute"),
            Self::Begin => ("begin", "abegin"),
            Self::Commit => ("commit", "acommit"),
            Self::Rollback => ("rollback", "arollback"),
            Self::Atomic => ("atomic", "aatomic"),
            Self::Close => ("close", "aclose"),
        };
        match form {
            Form::Blocking => blocking,
            Form::Async => asynchronous,
        }
    }
}

/// The two forms of a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// On a plain thread.
    Blocking,
    /// In a task of the runtime.
    Async,
}

impl Form {
    /// Both of them.
    pub const BOTH: [Self; 2] = [Self::Blocking, Self::Async];
}
