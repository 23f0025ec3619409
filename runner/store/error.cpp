#include "runner/store/error.hpp"

#include "runner/base/out_of_files.hpp"

namespace darkroom::store {

namespace {

std::string wording(int value) {
    switch (static_cast<Errc>(value)) {
    case Errc::locked: return "the run directory is in use";
    case Errc::foreign_journal: return "not a journal of this program";
    case Errc::newer_journal: return "the journal was made by a newer version";
    case Errc::damaged_journal: return "the journal is damaged";
    case Errc::journal_closed: return "the journal accepts no more facts";
    case Errc::bad_layout: return "the layout cannot name files";
    case Errc::not_an_image: return "not an image";
    case Errc::bad_structure: return "the image is damaged or not complete";
    case Errc::wrong_length: return "not the announced number of bytes";
    case Errc::wrong_size: return "not the expected width and height";
    case Errc::wrong_range: return "the download does not continue where it stopped";
    case Errc::too_large: return "larger than allowed";
    case Errc::went_back: return "the journal is older than the files beside it";
    case Errc::damaged_marks: return "the file of marks is damaged";
    case Errc::damaged_manifest: return "the manifest is damaged";
    case Errc::not_ours: return "not a file of this program";
    }
    return "unnamed store error";
}

} // namespace

error_code make_error_code(Errc code) {
    static RoomCategory const category("store", wording);
    return {static_cast<int>(code), category};
}

bool is_disk_error(error_code const& code) {
    if (is_out_of_files(code)) return false; // a passing state
    return code.category() == boost::system::system_category() || code == Errc::not_ours ||
           code == boost::system::errc::no_space_on_device ||
           code == boost::system::errc::read_only_file_system ||
           code == boost::system::errc::io_error;
}

} // namespace darkroom::store
