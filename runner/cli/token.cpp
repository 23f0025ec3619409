#include "runner/cli/token.hpp"

#include "runner/base/text.hpp"
#include "runner/base/web_address.hpp"
#include "runner/base/whole_file.hpp"
#include "runner/cli/command_output.hpp"
#include "runner/cli/console.hpp"
#include "runner/cli/exit_code.hpp"
#include "runner/net/url.hpp"

#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <sys/stat.h>

namespace darkroom::cli {

namespace {

constexpr std::uint64_t token_bytes_max = 64u << 10;

/// Returns the token if it is one word of visible ASCII: nothing that could end a header early.
/// `what` is "token" or "secret", here and below.
std::string checked(std::string_view text, std::string_view what, std::string const& where) {
    auto const token = trim(text);
    auto const is_fit = [](char c) { return c > ' ' && c < '\x7f'; };
    if (token.empty())
        throw Quit(ExitCode::usage, fmt::format("{} is empty: it must hold the {}", where, what));
    if (!std::all_of(token.begin(), token.end(), is_fit))
        throw Quit(ExitCode::usage, fmt::format("{} holds more than a {}: it must be one word of "
                                                "plain characters",
                                                where, what));
    return std::string(token);
}

std::string from_file(std::string const& path, std::string_view what) {
    auto const text = read_whole_file(path, token_bytes_max);
    if (text.has_error())
        throw Quit(ExitCode::no_input,
                   fmt::format("the {} cannot be read: {}", what, text.error().message()));
    return checked(*text, what, fmt::format("the {} file {}", what, path));
}

std::string from_environment(std::string const& name, std::string_view what) {
    auto const value = environment(name.c_str());
    if (value.empty())
        throw Quit(
            ExitCode::usage,
            fmt::format("the {} is missing: the environment variable {} is not set; set it{}", what,
                        name, what == "token" ? ", or use --token-file PATH" : ""));
    return checked(value, what, fmt::format("the environment variable {}", name));
}

std::string from_command(std::vector<std::string> const& words, std::string_view what) {
    auto const output = output_of_command(words, std::chrono::seconds(30), token_bytes_max);
    if (output.has_error())
        throw Quit(ExitCode::usage,
                   fmt::format("the {} is missing: {}", what, output.error().message()));
    return checked(*output, what, fmt::format("the output of {}", words.front()));
}

/// Returns "" for a source of kind none.
std::string from(jobs::TokenSource const& source, std::string_view what) {
    switch (source.kind) {
    case jobs::TokenSource::Kind::env: return from_environment(source.words.front(), what);
    case jobs::TokenSource::Kind::file: return from_file(source.words.front(), what);
    case jobs::TokenSource::Kind::command: return from_command(source.words, what);
    case jobs::TokenSource::Kind::none: break;
    }
    return {};
}

/// Returns true for a regular file that its group, or everybody, can read. A pipe is seen by nobody
/// else, whatever its mode.
bool is_open_to_others(std::string const& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
    return (info.st_mode & (S_IRGRP | S_IROTH)) != 0;
}

/// Returns the token files of a service, each once.
std::vector<std::string> files_of(jobs::Service const& service, std::string const& token_file) {
    if (!token_file.empty()) return {token_file};
    std::vector<std::string> files;
    auto const add = [&files](jobs::TokenSource const& source) {
        if (source.kind != jobs::TokenSource::Kind::file) return;
        auto const& path = source.words.front();
        if (std::find(files.begin(), files.end(), path) == files.end()) files.push_back(path);
    };
    if (service.accounts.empty()) add(service.token);
    for (auto const& account : service.accounts) add(account.token);
    return files;
}

} // namespace

std::optional<std::string> file_warning(std::string const& path, std::string_view what) {
    if (!is_open_to_others(path)) return std::nullopt;
    return fmt::format("warning: other users can read the {1} file {0}: use 'chmod 600 {0}'", path,
                       what);
}

std::vector<std::string> token_warnings(jobs::Service const& service,
                                        std::string const& token_file) {
    std::vector<std::string> warnings;
    auto const url = net::parse_url(service.url);
    if (url && !url->origin.tls && !is_loopback_host(url->origin.host))
        warnings.push_back(fmt::format("warning: the token goes to {} without encryption, and "
                                       "whoever is on the way can read it: use https in "
                                       "service.url",
                                       url->origin.text()));
    for (auto const& file : files_of(service, token_file))
        if (auto warning = file_warning(file)) warnings.push_back(std::move(*warning));
    return warnings;
}

std::string read_token(jobs::TokenSource const& source, std::string const& token_file) {
    if (!token_file.empty()) return from_file(token_file, "token");
    if (source.kind != jobs::TokenSource::Kind::none) return from(source, "token");
    throw Quit(ExitCode::usage,
               "the token is missing: write 'token: {env: ACEDATACLOUD_API_TOKEN}' below "
               "'service:' and set that variable, or use --token-file PATH; 'url: local' needs "
               "none");
}

std::string read_secret(jobs::TokenSource const& source) { return from(source, "secret"); }

std::vector<std::string> token_variables(jobs::Service const& service) {
    std::vector<std::string> names;
    auto const add = [&names](jobs::TokenSource const& source) {
        if (source.kind == jobs::TokenSource::Kind::env) names.push_back(source.words.front());
    };
    add(service.token);
    for (auto const& account : service.accounts) add(account.token);
    return names;
}

std::map<std::string, std::string> read_tokens(jobs::Service const& service,
                                               std::string const& token_file) {
    if (service.accounts.empty()) return {{"", read_token(service.token, token_file)}};
    if (!token_file.empty())
        throw Quit(ExitCode::usage, "--token-file is one token, and the job file has "
                                    "service.accounts: each account names its own");
    std::map<std::string, std::string> tokens;
    std::map<std::string, std::string> owners;
    for (auto const& account : service.accounts) {
        if (account.token.kind == jobs::TokenSource::Kind::none)
            throw Quit(ExitCode::usage,
                       fmt::format("the account '{}' has no token: write 'token: {{env: NAME}}' "
                                   "into it; 'url: local' needs none",
                                   account.name));
        auto token = read_token(account.token, "");
        auto const [owner, is_new] = owners.emplace(token, account.name);
        if (!is_new)
            throw Quit(ExitCode::usage,
                       fmt::format("the accounts '{}' and '{}' have the same token: one account "
                                   "stands in service.accounts once",
                                   owner->second, account.name));
        tokens.emplace(account.name, std::move(token));
    }
    return tokens;
}

Result<std::string> renewed_token(jobs::Service const& service, std::string const& account) {
    auto const* source = &service.token;
    for (auto const& one : service.accounts) {
        if (one.name == account) source = &one.token;
    }
    if (source->kind != jobs::TokenSource::Kind::command) {
        return Error(boost::system::errc::make_error_code(boost::system::errc::not_supported),
                     "no command prints the token");
    }
    try {
        return from_command(source->words, "token");
    } catch (Quit const& quit) {
        return Error(boost::system::errc::make_error_code(boost::system::errc::invalid_argument),
                     quit.what());
    }
}

} // namespace darkroom::cli
