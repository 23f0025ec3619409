// The values of a statement, read back from PostgreSQL's texts.
#pragma once

#include "tests/simulation/host_store.hpp"

#include <stdexcept>
#include <string_view>

namespace darkroom::simulation {

/// Counted from 1, as in the statement.
class HostStore::Values {
public:
    explicit Values(postgres::Statement const& statement)
        : sql_(statement.sql()), values_(statement.values()) {}

    /// Returns whether the text of the statement has this word.
    bool names(std::string_view word) const { return sql_.find(word) != std::string_view::npos; }

    std::string const& text(std::size_t at) const {
        static std::string const nothing;
        return value(at) ? *value(at) : nothing;
    }
    std::int64_t number(std::size_t at) const { return value(at) ? std::stoll(*value(at)) : 0; }
    std::optional<std::int64_t> maybe(std::size_t at) const {
        if (!value(at)) return std::nullopt;
        return std::stoll(*value(at));
    }
    bool is_null(std::size_t at) const { return !value(at); }
    bool flag(std::size_t at) const { return text(at) == "t"; }
    Key key(std::size_t run, std::size_t step) const { return {number(run), text(step)}; }

    std::vector<std::string> texts(std::size_t at) const {
        std::vector<std::string> items;
        std::string_view const array = text(at);
        std::string item;
        bool is_quoted = false;
        for (std::size_t i = 1; i < array.size(); ++i) {
            char const c = array[i];
            bool const is_end = !is_quoted && (c == ',' || c == '}');
            if (is_end && array.size() > 2) items.push_back(std::move(item));
            if (is_end) item.clear();
            if (c == '"') is_quoted = !is_quoted;
            if (c == '\\') item += array[++i];
            if (!is_end && c != '"' && c != '\\') item += c;
        }
        return items;
    }
    std::vector<std::int64_t> numbers(std::size_t at) const {
        std::vector<std::int64_t> out;
        for (auto const& item : texts(at)) out.push_back(std::stoll(item));
        return out;
    }

private:
    std::optional<std::string> const& value(std::size_t at) const { return values_.at(at - 1); }

    std::string_view sql_;
    std::vector<std::optional<std::string>> const& values_;
};

} // namespace darkroom::simulation
