//! Toasty as a peer of the benchmark, in a process of its own: its SQLite driver needs another
//! version of rusqlite than sqlx and diesel can share.

use queryset_bench::reads::{Asynchronous, Reader, Reads};
use queryset_bench::workload::COUNTED;
use queryset_bench::{Backend, Checksum, Place, Result, RuntimeKind, Workload, separate};
use toasty::{Db, Deferred, Model};

fn main() -> Result<()> {
    separate::serve(|backend, place| {
        Ok(Box::new(Asynchronous::open(
            RuntimeKind::Tokio,
            async |_| Toasty::open(backend, &place).await,
        )?))
    })
}

#[derive(Debug, Model)]
#[table = "items"]
struct Item {
    #[key]
    id: i64,
    name: String,
    note: Option<String>,
    qty: i32,
    price: f64,
    active: bool,
}

#[derive(Debug, Model)]
#[table = "users"]
struct User {
    #[key]
    id: i64,
    name: String,
    email: String,
    karma: i32,
    #[has_many]
    posts: Deferred<Vec<Post>>,
}

#[derive(Debug, Model)]
#[table = "posts"]
struct Post {
    #[key]
    id: i64,
    #[index]
    user_id: i64,
    #[belongs_to(key = user_id, references = id)]
    user: Deferred<User>,
    title: String,
    body: String,
    score: i32,
}

struct Toasty {
    db: Db,
}

struct TaskReader(Db);

/// How many rows the stream asks for at once.
const PAGE: usize = 1_000;

impl Toasty {
    async fn open(backend: Backend, place: &Place) -> Result<Self> {
        let url = match place {
            Place::File(file) => format!("sqlite:{}", file.display()),
            Place::Url(url) if backend == Backend::Mariadb => url.replacen("mysql", "mariadb", 1),
            Place::Url(url) => url.clone(),
        };
        let db = Db::builder()
            .models(toasty::models!(Item, User, Post))
            .max_pool_size(backend.connections())
            .connect(&url)
            .await?;
        Ok(Self { db })
    }
}

fn sum_item(item: &Item, checksum: &mut Checksum) {
    let note = item.note.as_deref();
    checksum.item_fields(item.id, &item.name, note, item.qty, item.price, item.active);
}

async fn get(db: &mut Db, key: i64, checksum: &mut Checksum) -> Result<()> {
    sum_item(&Item::get_by_id(db, key).await?, checksum);
    Ok(())
}

impl Reads for Toasty {
    type Reader = TaskReader;

    async fn get(&mut self, key: i64, checksum: &mut Checksum) -> Result<()> {
        get(&mut self.db, key, checksum).await
    }

    async fn count(&mut self, key: i64) -> Result<u64> {
        let fields = Item::fields();
        let counted = Item::filter(fields.id().ge(key))
            .filter(fields.id().lt(key + COUNTED))
            .filter(fields.active().eq(true));
        Ok(counted.count().exec(&mut self.db).await?)
    }

    /// It has nothing smaller than a row for this.
    async fn exists(&mut self, qty: i32) -> Result<bool> {
        let found = Item::filter(Item::fields().qty().eq(qty)).first();
        Ok(found.exec(&mut self.db).await?.is_some())
    }

    async fn load(&mut self, key: i64, limit: u64, checksum: &mut Checksum) -> Result<()> {
        let items = Item::filter(Item::fields().id().ge(key))
            .order_by(Item::fields().id().asc())
            .limit(limit as usize)
            .exec(&mut self.db)
            .await?;
        for item in &items {
            sum_item(item, checksum);
        }
        Ok(())
    }

    /// It has no streams: its user asks for one page behind the other.
    async fn stream(&mut self, checksum: &mut Checksum) -> Result<()> {
        let mut page = Item::all()
            .order_by(Item::fields().id().asc())
            .paginate(PAGE)
            .exec(&mut self.db)
            .await?;
        loop {
            for item in &page.items {
                sum_item(item, checksum);
            }
            match page.next(&mut self.db).await? {
                Some(next) => page = next,
                None => return Ok(()),
            }
        }
    }

    async fn join(&mut self, _checksum: &mut Checksum) -> Result<()> {
        Err("Toasty joins nothing".into())
    }

    async fn rel_join(&mut self, _checksum: &mut Checksum) -> Result<()> {
        Err("Toasty joins nothing".into())
    }

    async fn rel_two(&mut self, checksum: &mut Checksum) -> Result<()> {
        let users = User::all()
            .order_by(User::fields().id().asc())
            .include(User::fields().posts())
            .exec(&mut self.db)
            .await?;
        for user in &users {
            checksum.user_fields(user.id, &user.name, &user.email, user.karma);
            checksum.posts(user.posts.get().iter().map(|post| {
                let mut own = Checksum::default();
                own.post_fields(post.id, post.user_id, &post.title, &post.body, post.score);
                own
            }));
        }
        Ok(())
    }

    fn build(&mut self, _key: i64) -> Result<()> {
        Err("Toasty shows no statement".into())
    }

    fn reader(&self) -> Result<TaskReader> {
        Ok(TaskReader(self.db.clone()))
    }

    fn lacks(&self, workload: Workload) -> Option<&'static str> {
        match workload {
            Workload::Join => Some("it has no joins of chosen columns"),
            Workload::RelJoin => Some("it loads relations by further queries"),
            Workload::Build => Some("a statement is only built to be sent"),
            _ => queryset_bench::reads::only_own(workload),
        }
    }
}

impl Reader for TaskReader {
    async fn get(&mut self, key: i64, checksum: &mut Checksum) -> Result<()> {
        get(&mut self.0, key, checksum).await
    }
}
