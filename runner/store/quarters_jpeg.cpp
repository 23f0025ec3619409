// libjpeg reports errors by a jump: the code it skips here has no destructors.
#include "runner/store/error.hpp"
#include "runner/store/quarters.hpp"
#include "runner/store/reducer.hpp"
#include "runner/store/thumbnail.hpp"

#include <array>
#include <csetjmp>
#include <cstdio>

#include <jpeglib.h>

namespace darkroom::store {

namespace {

/// One picture being decoded, with the jump target and the error.
struct Decoder {
    jpeg_decompress_struct jpeg{};
    jpeg_error_mgr errors{};
    jpeg_progress_mgr progress{};
    std::jmp_buf out{};
    std::array<char, JMSG_LENGTH_MAX> text{};
};

void leave(j_common_ptr jpeg) {
    auto* decoder = static_cast<Decoder*>(jpeg->client_data);
    jpeg->err->format_message(jpeg, decoder->text.data());
    std::longjmp(decoder->out, 1);
}

void be_silent(j_common_ptr) {}

void count_scans(j_common_ptr jpeg) {
    auto* decoder = static_cast<Decoder*>(jpeg->client_data);
    if (decoder->jpeg.input_scan_number <= jpeg_scans_max) return;
    std::snprintf(decoder->text.data(), decoder->text.size(), "a JPEG of more than %d scans",
                  jpeg_scans_max);
    std::longjmp(decoder->out, 1);
}

/// Reads the size, and nothing that takes memory by it.
bool read_header(Decoder& decoder, std::string_view bytes) {
    if (setjmp(decoder.out) != 0) return false;
    jpeg_create_decompress(&decoder.jpeg);
    decoder.jpeg.progress = &decoder.progress;
    decoder.jpeg.mem->max_memory_to_use = jpeg_bytes_max;
    jpeg_mem_src(&decoder.jpeg, reinterpret_cast<unsigned char const*>(bytes.data()),
                 static_cast<unsigned long>(bytes.size()));
    jpeg_read_header(&decoder.jpeg, TRUE);
    return true;
}

bool read_rows(Decoder& decoder, std::uint8_t* rows) {
    if (setjmp(decoder.out) != 0) return false;
    decoder.jpeg.out_color_space = JCS_EXT_RGBA;
    jpeg_start_decompress(&decoder.jpeg);
    auto const stride = std::size_t{4} * decoder.jpeg.output_width;
    while (decoder.jpeg.output_scanline < decoder.jpeg.output_height) {
        JSAMPROW row = rows + stride * decoder.jpeg.output_scanline;
        jpeg_read_scanlines(&decoder.jpeg, &row, 1);
    }
    return true;
}

/// Sets the largest of the decoder's own reductions, which skip most of its work, that leaves at
/// least this size; and starts. `size` becomes that of the rows.
bool start_reduced(Decoder& decoder, PictureSize least, PictureSize& size) {
    if (setjmp(decoder.out) != 0) return false;
    decoder.jpeg.out_color_space = JCS_EXT_RGB;
    decoder.jpeg.dct_method = JDCT_IFAST;
    decoder.jpeg.scale_denom = 8;
    for (decoder.jpeg.scale_num = 1; decoder.jpeg.scale_num < 8; ++decoder.jpeg.scale_num) {
        jpeg_calc_output_dimensions(&decoder.jpeg);
        if (decoder.jpeg.output_width >= least.width && decoder.jpeg.output_height >= least.height)
            break;
    }
    jpeg_start_decompress(&decoder.jpeg);
    size = {decoder.jpeg.output_width, decoder.jpeg.output_height};
    return true;
}

/// Reads the next row.
bool read_row(Decoder& decoder, std::uint8_t* row) {
    if (setjmp(decoder.out) != 0) return false;
    JSAMPROW rows = row;
    jpeg_read_scanlines(&decoder.jpeg, &rows, 1);
    return true;
}

/// Makes the decoder jump out of errors instead of ending the program.
void prepare(Decoder& decoder) {
    decoder.jpeg.err = jpeg_std_error(&decoder.errors);
    decoder.errors.error_exit = leave;
    decoder.errors.output_message = be_silent;
    decoder.progress.progress_monitor = count_scans;
    decoder.jpeg.client_data = &decoder;
}

/// Frees the decoder's memory.
struct Destroy {
    explicit Destroy(Decoder& the_decoder) : decoder(the_decoder) {}
    Destroy(Destroy const&) = delete;
    Destroy& operator=(Destroy const&) = delete;
    ~Destroy() { jpeg_destroy_decompress(&decoder.jpeg); }
    Decoder& decoder;
};

} // namespace

Result<Pixels> decode_jpeg(std::string_view bytes, std::uint64_t most) {
    Decoder decoder;
    prepare(decoder);
    Destroy const destroy(decoder);
    if (!read_header(decoder, bytes)) return Error(Errc::bad_structure, decoder.text.data());
    TRY(check_pixels(decoder.jpeg.image_width, decoder.jpeg.image_height, most));
    auto pixels = blank_pixels(decoder.jpeg.image_width, decoder.jpeg.image_height);
    if (!read_rows(decoder, pixels.rgba.data()))
        return Error(Errc::bad_structure, decoder.text.data());
    return pixels;
}

Result<Reduced> reduce_jpeg(std::string_view bytes, std::uint32_t side) {
    Decoder decoder;
    prepare(decoder);
    Destroy const destroy(decoder);
    if (!read_header(decoder, bytes)) return Error(Errc::bad_structure, decoder.text.data());
    PictureSize const whole{decoder.jpeg.image_width, decoder.jpeg.image_height};
    TRY(check_pixels(whole.width, whole.height, picture_pixels_max));
    decoder.jpeg.mem->max_memory_to_use = thumbnail_jpeg_bytes_max;
    auto const to = size_within(whole, side);
    PictureSize from;
    if (!start_reduced(decoder, to, from)) return Error(Errc::bad_structure, decoder.text.data());
    Reducer reducer(from, to, 3);
    std::vector<std::uint8_t> row(std::size_t{3} * from.width);
    for (std::uint32_t left = from.height; left > 0; --left) {
        if (!read_row(decoder, row.data())) return Error(Errc::bad_structure, decoder.text.data());
        reducer.add_row(row.data());
    }
    return reducer.take();
}

} // namespace darkroom::store
