#include "runner/store/journal_removed.hpp"

#include "runner/store/file.hpp"
#include "runner/store/journal_reader.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>
#include <utility>

namespace darkroom::store {

namespace {

/// An older program neither fills nor misses this table. Stored: never changed.
constexpr auto removed_table =
    "CREATE TABLE IF NOT EXISTS removed(step BLOB NOT NULL, tile INTEGER NOT NULL, "
    "at INTEGER NOT NULL, PRIMARY KEY(step, tile)) WITHOUT ROWID";

/// Says whether others may read the journal meanwhile, for which SQLite needs some room.
enum class Others { may_read, wait };

/// Opens the journal to write a few rows that are durable when they are committed.
Result<Database> open_to_record(std::string const& journal, Others others = Others::may_read) {
    TRY_ASSIGN(auto database, Database::open(journal, Database::Mode::create));
    if (others == Others::wait) TRY(database.execute("PRAGMA locking_mode = EXCLUSIVE"));
    TRY(check_schema(database, journal));
    TRY(database.execute("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0"));
    return database;
}

Result<> insert_removed(Database& database, std::span<ImageKey const> images, WallTime at) {
    std::int64_t const millis = at.time_since_epoch().count();
    TRY_ASSIGN(auto insert,
               database.prepare("INSERT OR IGNORE INTO removed(step, tile, at) VALUES(?, ?, ?)"));
    for (auto const& image : images) {
        insert.bind(1, image.step).bind(2, std::int64_t{image.tile}).bind(3, millis);
        TRY(insert.run());
    }
    return {};
}

Result<> record_with(Others others, std::string const& journal, std::span<ImageKey const> images,
                     WallTime at) {
    TRY_ASSIGN(auto database, open_to_record(journal, others));
    TRY(database.execute("BEGIN IMMEDIATE"));
    TRY(database.execute(removed_table));
    TRY(insert_removed(database, images, at));
    return database.execute("COMMIT");
}

} // namespace

RemovedImages::RemovedImages(std::vector<ImageKey> images) : images_(std::move(images)) {
    std::sort(images_.begin(), images_.end());
}

bool RemovedImages::has(ImageKey const& image) const {
    return std::binary_search(images_.begin(), images_.end(), image);
}

Result<RemovedImages> removed_images(Database& database) {
    TRY_ASSIGN(auto const has_any, has_table(database, "removed"));
    if (!has_any) return RemovedImages();
    TRY_ASSIGN(auto query, database.prepare("SELECT step, tile FROM removed"));
    std::vector<ImageKey> images;
    for (;;) {
        TRY_ASSIGN(auto const more, query.step());
        if (!more) return RemovedImages(std::move(images));
        images.push_back({query.digest(0), static_cast<int>(query.integer(1))});
    }
}

Result<RemovedImages> removed_images(std::string const& journal) {
    TRY_ASSIGN(auto reader, JournalReader::open(journal));
    return reader.removed_images();
}

Result<RemovedImages> JournalReader::removed_images() { return store::removed_images(database_); }

Result<> record_removed(std::string const& journal, std::span<ImageKey const> images, WallTime at) {
    if (images.empty()) return {};
    auto recorded = record_with(Others::may_read, journal, images, at);
    bool const is_full =
        recorded.has_error() && recorded.error().code == boost::system::errc::no_space_on_device;
    // Alone it needs 32 kB less.
    if (is_full && record_with(Others::wait, journal, images, at).has_value()) return {};
    return recorded;
}

Result<std::uint64_t> forget_removed(std::string const& journal) {
    TRY_ASSIGN(auto const removed, removed_images(journal));
    if (removed.is_empty()) return std::uint64_t{0};
    TRY_ASSIGN(auto database, open_to_record(journal));
    TRY(database.execute("DELETE FROM removed"));
    return removed.count();
}

Result<std::uint64_t> merge_removed(std::vector<std::string> const& sources,
                                    std::string const& target, std::string const& directory,
                                    WallTime at) {
    std::vector<ImageKey> images;
    for (auto const& source : sources) {
        TRY_ASSIGN(auto const removed, removed_images(source));
        if (removed.is_empty()) continue;
        TRY_ASSIGN(auto journal, JournalReader::open(target));
        TRY(journal.for_each_image_file([&](ImageFile const& image) {
            auto const path = directory + '/' + std::string(image.file);
            ImageKey const key{image.step, image.tile};
            if (removed.has(key) && !image.file.empty() && !exists(path)) images.push_back(key);
        }));
    }
    std::sort(images.begin(), images.end());
    images.erase(std::unique(images.begin(), images.end()), images.end());
    TRY(record_removed(target, images, at));
    return std::uint64_t{images.size()};
}

} // namespace darkroom::store
