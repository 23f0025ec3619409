// The tokens of the accounts: those in use, those that another one replaces, and those to hide.
#pragma once

#include "runner/base/error.hpp"
#include "runner/base/gate.hpp"
#include "runner/base/secrets.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace darkroom::provider {

/// Returns the present token of an account. May block; is called on a thread of its own.
using RenewToken = std::function<Result<std::string>(std::string const& account)>;

/// Holds the tokens of a client, whose thread alone uses it.
class Tokens {
public:
    /// `renew` may be empty.
    Tokens(boost::asio::any_io_executor executor, std::map<std::string, std::string> tokens,
           RenewToken renew);

    /// Returns the token in use; "" for an account without one.
    std::string const& of(std::string const& account) const;
    /// Returns whether replace() can ever find another token.
    bool may_change() const { return static_cast<bool>(renew_); }
    /// Looks for another token after the service has refused `used`. Several may ask at a time;
    /// each token is asked about once.
    /// Completes: true when another token is in use. Cancel: terminal.
    boost::asio::awaitable<bool> replace(std::string account, std::string used);
    /// Adds a text that must not be seen either, such as a proxy's password.
    void keep_secret(std::string_view text) { secrets_.add(text); }
    /// Returns every token, those of earlier times included, and the other secrets.
    Secrets const& secrets() const { return secrets_; }

private:
    void use(std::string const& account, Result<std::string> const& fresh);

    std::map<std::string, std::string> tokens_;
    Secrets secrets_;
    std::map<std::string, std::string> asked_; // the last token of an account that was asked about
    RenewToken renew_;
    Gate answered_;
    bool asking_ = false;
    std::unique_ptr<boost::asio::thread_pool> pool_; // last: joined before the rest ends
};

/// Returns true for a text that a header can carry as a token.
bool is_header_text(std::string_view token);

} // namespace darkroom::provider
