#include "runner/store/send_marks.hpp"

#include "runner/store/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <utility>

namespace darkroom::store {

namespace {

constexpr std::uint64_t file_bytes_max = std::uint64_t{1} << 30; // 130 million attempts
constexpr std::size_t slots_first = 504;                         // with the header, one page
constexpr std::size_t slots_more_max = std::size_t{1} << 17;     // a megabyte
constexpr std::size_t boot_bytes = 48;

/// The beginning of the file. Stored: never changed but for a new version.
struct Header {
    char magic[8];
    std::uint32_t version;
    std::uint32_t has_gaps; ///< Not 0: an attempt without a mark may have been sent.
    std::uint64_t run;
    std::uint64_t device; ///< The file itself lies there; a copy has another place.
    std::uint64_t inode;
    char boot[boot_bytes]; ///< Filled up with zeros.
};
constexpr char magic[8] = {'d', 'r', 'k', 'm', 'a', 'r', 'k', 's'};
constexpr std::uint32_t version = 1;
constexpr std::size_t slot_bytes = sizeof(std::uint64_t);
static_assert(sizeof(Header) % slot_bytes == 0);

constexpr std::uint64_t counter_mask = 0xffff'ffff;

std::size_t bytes_of(std::size_t slots) { return sizeof(Header) + slots * slot_bytes; }

Error damaged(std::string const& path, std::string_view why) {
    return {Errc::damaged_marks, fmt::format("{}: {}", path, why)};
}

Result<struct stat> status_of(File const& file) {
    struct stat status {};
    if (::fstat(file.descriptor(), &status) != 0) return file_error("read", file.path());
    return status;
}

/// Sets a number so that it is in the file when the next system call is made.
void store_number(std::uint64_t& place, std::uint64_t number) {
    std::atomic_ref(place).store(number, std::memory_order_seq_cst);
}

/// Adds a file's place on the disk; the header is written before the file gets its name.
Result<Header> header_for(File const& file, FileSendMarks::Run const& run) {
    TRY_ASSIGN(auto const status, status_of(file));
    Header header{};
    std::memcpy(header.magic, magic, sizeof magic);
    header.version = version;
    header.run = run.number;
    header.device = status.st_dev;
    header.inode = status.st_ino;
    std::memcpy(header.boot, run.boot.data(), std::min(run.boot.size(), boot_bytes));
    return header;
}

} // namespace

std::string present_boot() {
    constexpr std::uint64_t name_bytes = 36; // the file itself says that it has 0 bytes
    std::string boot;
    auto const append = [&boot](std::string_view piece) -> Result<> {
        boot += piece;
        return {};
    };
    auto const file = File::open("/proc/sys/kernel/random/boot_id", O_RDONLY);
    if (file.has_error() || file->read(name_bytes, append).has_error()) return {};
    return boot;
}

std::uint64_t MarksFile::last_attempt() const {
    auto const sent = [](std::uint64_t order) { return order != 0; };
    auto const last = std::find_if(orders.rbegin(), orders.rend(), sent);
    return static_cast<std::uint64_t>(orders.rend() - last);
}

std::uint64_t MarksFile::last_order() const {
    auto const last = std::max_element(orders.begin(), orders.end());
    return last == orders.end() ? run << 32 : std::max(run << 32, *last);
}

Result<std::optional<MarksFile>> read_marks(std::string const& path) {
    if (!exists(path)) return std::optional<MarksFile>();
    TRY_ASSIGN(auto const file, File::own(path, O_RDONLY));
    TRY_ASSIGN(auto const status, status_of(file));
    auto const size = static_cast<std::uint64_t>(status.st_size);
    if (!S_ISREG(status.st_mode) || size < sizeof(Header)) return damaged(path, "it has no header");
    if (size > file_bytes_max)
        return damaged(path,
                       fmt::format("it has {} bytes, at most {} are read", size, file_bytes_max));
    std::string bytes;
    bytes.reserve(size);
    TRY(file.read(size, [&bytes](std::string_view piece) -> Result<> {
        bytes += piece;
        return {};
    }));
    Header header{};
    std::memcpy(&header, bytes.data(), sizeof header);
    if (std::memcmp(header.magic, magic, sizeof magic) != 0)
        return damaged(path, "it does not begin like a file of marks");
    if (header.version != version)
        return damaged(
            path, fmt::format("it has version {}, this program knows {}", header.version, version));
    if (header.run == 0 || header.run > run_number_max)
        return damaged(path, fmt::format("it has the run number {}", header.run));
    MarksFile marks;
    marks.boot = std::string(header.boot, ::strnlen(header.boot, boot_bytes));
    marks.run = header.run;
    marks.is_whole = header.has_gaps == 0;
    marks.is_in_place = header.device == status.st_dev && header.inode == status.st_ino;
    marks.orders.resize((bytes.size() - sizeof header) / slot_bytes);
    std::memcpy(marks.orders.data(), bytes.data() + sizeof header,
                marks.orders.size() * slot_bytes);
    auto const is_of_the_run = [&marks](std::uint64_t order) {
        return order == 0 || order >> 32 == marks.run;
    };
    if (!std::all_of(marks.orders.begin(), marks.orders.end(), is_of_the_run))
        return damaged(path, "it has a number of another run");
    return std::optional(std::move(marks));
}

Result<std::unique_ptr<FileSendMarks>> FileSendMarks::open(std::string const& path, Run run,
                                                           std::optional<MarksFile> last) {
    auto const fresh = path + ".new";
    TRY(check_own(fresh));
    TRY(check_own(path));
    TRY(remove_file(fresh)); // left by a process that died here
    TRY_ASSIGN(auto file, File::own(fresh, O_RDWR | O_CREAT | O_EXCL));
    std::unique_ptr<FileSendMarks> marks(
        new FileSendMarks(path, std::move(file), std::move(run), std::move(last)));
    TRY(marks->begin());
    return marks;
}

FileSendMarks::FileSendMarks(std::string path, File file, Run run, std::optional<MarksFile> last)
    : path_(std::move(path)), file_(std::move(file)), run_(std::move(run)), last_(std::move(last)) {
}

FileSendMarks::~FileSendMarks() {
    if (mapped_ != nullptr) ::munmap(mapped_, mapped_bytes_);
    if (!replaces_last_) ::unlink(file_.path().c_str());
}

Result<> FileSendMarks::begin() {
    TRY(map(slots_first));
    TRY_ASSIGN(auto const header, header_for(file_, run_));
    std::memcpy(mapped_, &header, sizeof header);
    return {};
}

/// Makes the file large enough and maps it. The blocks are reserved first: writing to a page for
/// which the disk has no room would kill the process.
Result<> FileSendMarks::map(std::size_t slots) {
    auto const bytes = bytes_of(slots);
    int const failure = ::posix_fallocate(file_.descriptor(), 0, static_cast<off_t>(bytes));
    if (failure != 0) {
        errno = failure;
        return file_error("write", file_.path());
    }
    auto* const mapped =
        mapped_ == nullptr
            ? ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_.descriptor(), 0)
            : ::mremap(mapped_, mapped_bytes_, bytes, MREMAP_MAYMOVE);
    if (mapped == MAP_FAILED) return file_error("map", file_.path());
    mapped_ = static_cast<std::byte*>(mapped);
    mapped_bytes_ = bytes;
    return {};
}

/// Returns the place of an attempt of this run; null when the file has none.
std::uint64_t* FileSendMarks::slot_of(std::uint64_t attempt) const {
    auto const counter = attempt & counter_mask;
    auto const slots = (mapped_bytes_ - sizeof(Header)) / slot_bytes;
    if (attempt >> 32 != run_.number || counter == 0 || counter > slots) return nullptr;
    return reinterpret_cast<std::uint64_t*>(mapped_ + sizeof(Header)) + (counter - 1);
}

void FileSendMarks::grow() {
    auto const slots = (mapped_bytes_ - sizeof(Header)) / slot_bytes;
    auto const grown = map(slots + std::min(slots, slots_more_max));
    if (grown.has_error()) report_gap();
}

void FileSendMarks::report_gap() {
    auto& header = *reinterpret_cast<Header*>(mapped_);
    std::atomic_ref(header.has_gaps).store(1);
}

/// A run that is killed before it knows what the last one has left must not take its marks away.
/// Where the file cannot have its name, the next run finds none of this run's marks.
void FileSendMarks::replace_last() {
    replaces_last_ = std::rename(file_.path().c_str(), path_.c_str()) == 0;
}

std::uint64_t FileSendMarks::next_attempt() {
    if (!replaces_last_) replace_last();
    auto const attempt = run_.number << 32 | ++attempts_;
    // Once it is full the disk is not asked again: the marks have a gap in any case.
    bool const has_gaps = reinterpret_cast<Header const*>(mapped_)->has_gaps != 0;
    if (slot_of(attempt) == nullptr && !has_gaps) grow();
    return attempt;
}

std::uint64_t FileSendMarks::mark(std::uint64_t attempt) {
    auto const order = run_.number << 32 | ++orders_;
    if (auto* const slot = slot_of(attempt)) store_number(*slot, order);
    return order;
}

std::optional<std::uint64_t> FileSendMarks::order_of(std::uint64_t attempt,
                                                     std::string const& boot) const {
    if (boot.empty() || boot != run_.boot) return std::nullopt;
    auto const run = attempt >> 32;
    auto const counter = attempt & counter_mask;
    if (auto const* const slot = slot_of(attempt)) {
        if (*slot != 0 || counter <= attempts_) return *slot;
        return std::nullopt;
    }
    bool const is_of_last = last_ && last_->run == run && last_->boot == boot &&
                            last_->is_in_place && counter != 0 && counter <= last_->orders.size();
    if (!is_of_last) return std::nullopt;
    auto const order = last_->orders[counter - 1];
    if (order == 0 && !last_->is_whole) return std::nullopt;
    return order;
}

/// A run's number is that of its attempts and orders. An attempt that came with a merge, or of a
/// program without marks, has no boot: its number says nothing here.
engine::SendOrder FileSendMarks::bounds_of(std::uint64_t attempt, std::string const& boot) const {
    auto const run = attempt >> 32;
    if (boot.empty() || run == 0) return {0, run_.number << 32};
    return {run << 32, run << 32 | counter_mask};
}

} // namespace darkroom::store
