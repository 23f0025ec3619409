#include "runner/provider/tokens.hpp"

#include "runner/base/on_pool.hpp"

#include <algorithm>

namespace darkroom::provider {

bool is_header_text(std::string_view token) {
    return std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

Tokens::Tokens(boost::asio::any_io_executor executor, std::map<std::string, std::string> tokens,
               RenewToken renew)
    : renew_(std::move(renew)), answered_(std::move(executor)) {
    for (auto& [account, token] : tokens) use(account, std::move(token));
}

std::string const& Tokens::of(std::string const& account) const {
    static std::string const none;
    auto const found = tokens_.find(account);
    return found == tokens_.end() ? none : found->second;
}

void Tokens::use(std::string const& account, Result<std::string> const& fresh) {
    if (!fresh || !is_header_text(*fresh)) return;
    tokens_[account] = *fresh;
    secrets_.add(*fresh);
}

boost::asio::awaitable<bool> Tokens::replace(std::string account, std::string used) {
    while (asking_) {
        co_await answered_.wait();
    }
    if (of(account) != used) co_return true;
    auto const asked = asked_.find(account);
    bool const known = asked != asked_.end() && asked->second == used;
    if (!renew_ || known) co_return false;
    if (!pool_) pool_ = std::make_unique<boost::asio::thread_pool>(1);
    std::function<Result<std::string>()> work = [renew = renew_, account] {
        return renew(account);
    };
    Result<std::string> fresh = used;
    std::exception_ptr failure;
    asking_ = true;
    try {
        fresh = co_await on_pool(*pool_, std::move(work));
    } catch (...) { // rethrown below, when the others can go on
        failure = std::current_exception();
    }
    asking_ = false;
    answered_.wake_all();
    if (failure) std::rethrow_exception(failure);
    asked_[account] = used;
    use(account, fresh);
    co_return of(account) != used;
}

} // namespace darkroom::provider
