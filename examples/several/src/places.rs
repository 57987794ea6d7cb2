//! Where the servers are.

use std::env;
use std::error::Error;

use queryset_servers::{Database, Kind, Needs, Servers};

/// The addresses of two servers, which may be ours and then live as long as this.
pub(crate) struct Places {
    postgres: String,
    mysql: String,
    _kept: Option<(Vec<Database>, Servers)>,
}

impl Places {
    /// From the command line, or of private servers. Those are yours as well if the environment
    /// names some by `QUERYSET_POSTGRES_URL` and `QUERYSET_MYSQL_URL`.
    pub(crate) fn find() -> Result<Self, Box<dyn Error + Send + Sync>> {
        let words: Vec<String> = env::args().skip(1).collect();
        match words.as_slice() {
            [postgres, mysql] => Ok(Self {
                postgres: postgres.clone(),
                mysql: mysql.clone(),
                _kept: None,
            }),
            [] => {
                let needs = Needs::none().with(Kind::Postgres).with(Kind::Mysql);
                let servers = Servers::start_with(needs, |line| println!("{line}"))?;
                let postgres = servers.postgres()?.create_database("several")?;
                let mysql = servers.mysql()?.create_database("several")?;
                Ok(Self {
                    postgres: postgres.url().to_owned(),
                    mysql: mysql.url().to_owned(),
                    _kept: Some((vec![postgres, mysql], servers)),
                })
            }
            _ => Err("usage: several [POSTGRES_URL MYSQL_URL]".into()),
        }
    }

    pub(crate) fn postgres(&self) -> &str {
        &self.postgres
    }

    pub(crate) fn mysql(&self) -> &str {
        &self.mysql
    }
}
