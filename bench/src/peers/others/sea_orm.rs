//! SeaORM.

use std::hint::black_box;
use std::marker::PhantomData;

use futures_util::TryStreamExt;
use sea_orm::{
    ColumnTrait, ConnectOptions, Database, DatabaseConnection, DbBackend, EntityTrait, LoaderTrait,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, SelectExt,
};

use super::style::{AsItComes, Style, Tuned};
use crate::reads::{Asynchronous, Peer, Reader, Reads};
use crate::workload::COUNTED;
use crate::{Backend, Checksum, Place, Result, RuntimeKind};

/// No ping before a connection is used, no log of statements, and one row where one is enough; or
/// the defaults.
pub(super) fn open(
    backend: Backend,
    place: &Place,
    runtime: RuntimeKind,
    tuned: bool,
) -> Result<Box<dyn Peer>> {
    let url = match place {
        Place::File(file) => format!("sqlite://{}", file.display()),
        Place::Url(url) => url.clone(),
    };
    Ok(match tuned {
        true => Box::new(Asynchronous::open(runtime, async |_| {
            SeaOrm::<Tuned>::open(backend, url).await
        })?),
        false => Box::new(Asynchronous::open(runtime, async |_| {
            SeaOrm::<AsItComes>::open(backend, url).await
        })?),
    })
}

mod item {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "items")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub name: String,
        pub note: Option<String>,
        pub qty: i32,
        pub price: f64,
        pub active: bool,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod user {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub name: String,
        pub email: String,
        pub karma: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(has_many = "super::post::Entity")]
        Post,
    }

    impl Related<super::post::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Post.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod post {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "posts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub user_id: i64,
        pub title: String,
        pub body: String,
        pub score: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::user::Entity",
            from = "Column::UserId",
            to = "super::user::Column::Id"
        )]
        User,
    }

    impl Related<super::user::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::User.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

struct SeaOrm<S> {
    backend: DbBackend,
    db: DatabaseConnection,
    style: PhantomData<S>,
}

struct TaskReader(DatabaseConnection);

impl<S: Style> SeaOrm<S> {
    async fn open(backend: Backend, url: String) -> Result<Self> {
        let mut options = ConnectOptions::new(url);
        options.max_connections(backend.connections() as u32);
        if S::TUNED {
            options.test_before_acquire(false).sqlx_logging(false);
        }
        Ok(Self {
            backend: match backend {
                Backend::Sqlite => DbBackend::Sqlite,
                Backend::Postgres => DbBackend::Postgres,
                Backend::Mariadb | Backend::Mysql => DbBackend::MySql,
            },
            db: Database::connect(options).await?,
            style: PhantomData,
        })
    }
}

fn sum_item(item: &item::Model, checksum: &mut Checksum) {
    let note = item.note.as_deref();
    checksum.item_fields(item.id, &item.name, note, item.qty, item.price, item.active);
}

fn sum_user(user: &user::Model, checksum: &mut Checksum) {
    checksum.user_fields(user.id, &user.name, &user.email, user.karma);
}

fn sum_post(post: &post::Model, checksum: &mut Checksum) {
    checksum.post_fields(post.id, post.user_id, &post.title, &post.body, post.score);
}

async fn get(db: &DatabaseConnection, key: i64, checksum: &mut Checksum) -> Result<()> {
    let item = item::Entity::find_by_id(key).one(db).await?;
    sum_item(&item.ok_or("no such item")?, checksum);
    Ok(())
}

impl<S: Style> Reads for SeaOrm<S> {
    type Reader = TaskReader;

    async fn get(&mut self, key: i64, checksum: &mut Checksum) -> Result<()> {
        get(&self.db, key, checksum).await
    }

    async fn count(&mut self, key: i64) -> Result<u64> {
        let counted = item::Entity::find()
            .filter(item::Column::Id.gte(key))
            .filter(item::Column::Id.lt(key + COUNTED))
            .filter(item::Column::Active.eq(true));
        if !S::TUNED {
            return Ok(counted.count(&self.db).await?);
        }
        // `count` counts the rows of a subquery with all columns.
        let count = counted
            .select_only()
            .column_as(item::Column::Id.count(), "count")
            .into_tuple::<i64>()
            .one(&self.db)
            .await?;
        Ok(count.ok_or("a count without a row")? as u64)
    }

    async fn exists(&mut self, qty: i32) -> Result<bool> {
        let found = item::Entity::find().filter(item::Column::Qty.eq(qty));
        if !S::TUNED {
            return Ok(found.exists(&self.db).await?);
        }
        // `exists` has no limit.
        let found = found.select_only().column(item::Column::Id);
        Ok(found.into_tuple::<i64>().one(&self.db).await?.is_some())
    }

    async fn load(&mut self, key: i64, limit: u64, checksum: &mut Checksum) -> Result<()> {
        let items = item::Entity::find()
            .filter(item::Column::Id.gte(key))
            .order_by_asc(item::Column::Id)
            .limit(limit)
            .all(&self.db)
            .await?;
        for item in &items {
            sum_item(item, checksum);
        }
        Ok(())
    }

    async fn stream(&mut self, checksum: &mut Checksum) -> Result<()> {
        let items = item::Entity::find().order_by_asc(item::Column::Id);
        let mut rows = items.stream(&self.db).await?;
        while let Some(item) = rows.try_next().await? {
            sum_item(&item, checksum);
        }
        Ok(())
    }

    async fn join(&mut self, checksum: &mut Checksum) -> Result<()> {
        let lines: Vec<(i64, String, i32, String)> = post::Entity::find()
            .inner_join(user::Entity)
            .select_only()
            .columns([post::Column::Id, post::Column::Title, post::Column::Score])
            .column(user::Column::Name)
            .order_by_asc(post::Column::Id)
            .into_tuple()
            .all(&self.db)
            .await?;
        for (id, title, score, user_name) in &lines {
            checksum.line_fields(*id, title, *score, user_name);
        }
        Ok(())
    }

    async fn rel_join(&mut self, checksum: &mut Checksum) -> Result<()> {
        let posts = post::Entity::find()
            .find_also_related(user::Entity)
            .order_by_asc(post::Column::Id)
            .all(&self.db)
            .await?;
        for (post, user) in &posts {
            sum_post(post, checksum);
            sum_user(user.as_ref().ok_or("a post of nobody")?, checksum);
        }
        Ok(())
    }

    async fn rel_two(&mut self, checksum: &mut Checksum) -> Result<()> {
        let users = user::Entity::find()
            .order_by_asc(user::Column::Id)
            .all(&self.db)
            .await?;
        let posts = users.load_many(post::Entity, &self.db).await?;
        for (user, posts) in users.iter().zip(&posts) {
            sum_user(user, checksum);
            checksum.posts(posts.iter().map(|post| {
                let mut own = Checksum::default();
                sum_post(post, &mut own);
                own
            }));
        }
        Ok(())
    }

    fn build(&mut self, key: i64) -> Result<()> {
        let query = item::Entity::find()
            .filter(item::Column::Id.gt(key))
            .filter(item::Column::Name.gte("item"))
            .filter(item::Column::Qty.lte(7))
            .order_by_desc(item::Column::Price)
            .limit(10);
        black_box(query.build(self.backend));
        Ok(())
    }

    fn reader(&self) -> Result<TaskReader> {
        Ok(TaskReader(self.db.clone()))
    }

    async fn close(self) {
        // What fails in closing was of no use before.
        let _ = self.db.close().await;
    }
}

impl Reader for TaskReader {
    async fn get(&mut self, key: i64, checksum: &mut Checksum) -> Result<()> {
        get(&self.0, key, checksum).await
    }
}
