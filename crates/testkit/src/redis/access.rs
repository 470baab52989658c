//! Who may do what at a server, until it is restarted.

use super::{RedisError, RedisServer};

impl RedisServer {
    /// Sets the default user's password, which connections that are open need not know.
    ///
    /// # Errors
    ///
    /// [`RedisError`] if it cannot be told.
    pub async fn set_password(&mut self, password: &str) -> Result<(), RedisError> {
        self.tell(&["CONFIG", "SET", "requirepass", password])
            .await?;
        self.password = Some(password.to_owned());
        Ok(())
    }

    /// Makes a user with a password, who may do what the rules say, and nothing else.
    ///
    /// Rules are those of [ACL SETUSER](https://redis.io/docs/latest/commands/acl-setuser/).
    ///
    /// ```
    /// use tower_muster_testkit::redis::RedisServer;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut server = RedisServer::start().await?;
    /// server.set_user("reader", "pass", ["+get", "~public:*"]).await?;
    /// server.set_password("secret").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`RedisError`] if it cannot be told, or does not understand the rules.
    pub async fn set_user<R: AsRef<str>>(
        &self,
        name: &str,
        password: &str,
        rules: impl IntoIterator<Item = R>,
    ) -> Result<(), RedisError> {
        let password = format!(">{password}");
        let rules: Vec<R> = rules.into_iter().collect();
        let mut words = vec!["ACL", "SETUSER", name, "reset", "on", &password];
        words.extend(rules.iter().map(AsRef::as_ref));
        self.tell(&words).await.map(drop)
    }
}
