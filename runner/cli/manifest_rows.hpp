// A run directory as an export reads it.
#pragma once

#include "runner/export/chosen_rows.hpp"
#include "runner/store/directory.hpp"
#include "runner/store/file.hpp"
#include "runner/store/journal_removed.hpp"
#include "runner/store/manifest_columns.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::cli {

/// Reads the manifest as it was when it was opened, also where a run replaces it meanwhile.
class ManifestRows : public exports::RowSource {
public:
    /// Throws Quit: no_input for what is no run directory, disk.
    explicit ManifestRows(std::string directory);

    std::string const& directory() const override { return directory_; }
    Result<> for_each(Take const& take) override;
    Result<> read(std::uint64_t offset, std::uint32_t length, exports::ListedRow& listed) override;
    Result<std::string> picks() override;
    Result<exports::SourceFile> open(std::string const& file) override;
    bool is_removed(engine::ManifestRow const& row) override;

private:
    using Way = std::shared_ptr<store::Directory const>;
    using ReadColumns = bool (*)(store::LineColumns const&, engine::ManifestRow&);
    /// Reads a line in place of `listed`.
    Result<> read_row(std::string_view line, std::uint64_t offset, ReadColumns read,
                      exports::ListedRow& listed) const;
    Result<Way> way_to(std::string const& name);

    std::string directory_;
    store::File manifest_; ///< Closed while nothing is saved.
    std::uint64_t bytes_ = 0;
    store::Directory folder_;
    std::mutex mutex_;                            ///< Over what follows:
    std::optional<store::RemovedImages> removed_; ///< None until somebody has asked.
    Way way_; ///< The directory of the last picture; none at first.
    std::string way_name_;
};

/// Opens several of them. Throws Quit.
exports::Sources sources_of(std::vector<std::string> const& directories);

} // namespace darkroom::cli
