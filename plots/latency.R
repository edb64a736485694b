# Median round trip against payload, one line a mechanism, by R and nothing beside it.
#
# Usage: Rscript latency.R SUMMARY.CSV PICTURE [WAIT]
#
# PICTURE ends in .svg, .png or .pdf. WAIT is block (the default), spin or adaptive.

# The colours that ipcbench itself uses (Sources/Reporting/MechanismStyle.swift), and R's nearest marks.
colours <- c(
  "pipe" = "#0072B2", "fifo" = "#56B4E9", "unix-stream" = "#009E73", "tcp" = "#E69F00",
  "shm-ring" = "#D55E00", "onc-rpc-unix" = "#CC79A7", "onc-rpc-tcp" = "#808080",
  "shm-plain" = "#8C510A")
marks <- c(
  "pipe" = 21, "fifo" = 25, "unix-stream" = 22, "tcp" = 23, "shm-ring" = 24,
  "onc-rpc-unix" = 3, "onc-rpc-tcp" = 4, "shm-plain" = 10)

fail <- function(code, ...) {
  message("latency.R: ", ...)
  quit(status = code)
}

bytes_text <- function(size) {
  unit <- ifelse(size >= 2^20, 20, ifelse(size >= 2^10, 10, 0))
  paste(size / 2^unit, c("0" = "B", "10" = "KiB", "20" = "MiB")[as.character(unit)])
}

open_picture <- function(path) {
  switch(tools::file_ext(path),
    svg = svg(path, width = 9, height = 5.5),
    png = png(path, width = 1080, height = 660, res = 120, type = "cairo"),
    pdf = pdf(path, width = 9, height = 5.5),
    fail(73, path, ": give a name that ends in .svg, .png or .pdf"))
}

arguments <- commandArgs(trailingOnly = TRUE)
if (!length(arguments) %in% 2:3) fail(64, "usage: Rscript latency.R SUMMARY.CSV PICTURE [WAIT]")
summary_path <- arguments[1]
picture <- arguments[2]
wanted_wait <- if (length(arguments) == 3) arguments[3] else "block"
if (!file.exists(summary_path)) {
  fail(66, summary_path, ": not there; give the summary.csv of a run")
}

# All other factors are held constant: a line is only a line if nothing else changes along it.
rows <- subset(
  read.csv(summary_path),
  metric == "latency_p50_ns" & pattern == "ping-pong" & wait == wanted_wait &
    data_path == "copy" & touch == "header" & placement != "same-core" & !is.na(estimate))
if (nrow(rows) == 0) {
  fail(65, summary_path, ": no round trips with wait ", wanted_wait,
       "; give another run, or another wait")
}
rows <- rows[rows$placement == rows$placement[1], ]
rows <- rows[order(rows$payload_bytes), ]
for (column in c("estimate", "interval_low", "interval_high")) {
  rows[[column]] <- rows[[column]] / 1000 # From nanoseconds to microseconds.
}

open_picture(picture)
par(mar = c(4.5, 4.5, 3, 9), las = 1)
payloads <- sort(unique(rows$payload_bytes))
plot(
  range(rows$payload_bytes),
  range(rows[c("estimate", "interval_low", "interval_high")], na.rm = TRUE),
  log = "xy", type = "n", xaxt = "n", xlab = "payload",
  ylab = "median round trip, µs (bars: 95 % interval)",
  main = paste0("Round trip, wait ", wanted_wait, ", touch header, ", rows$placement[1]))
axis(1, at = payloads, labels = bytes_text(payloads))
abline(v = payloads, h = axTicks(2), col = "#dddddd")

present <- c(intersect(names(colours), rows$mechanism), setdiff(rows$mechanism, names(colours)))
colour_of <- function(name) ifelse(name %in% names(colours), colours[name], "#999999")
mark_of <- function(name) ifelse(name %in% names(marks), marks[name], 8)
for (name in present) {
  line <- rows[rows$mechanism == name, ]
  colour <- colour_of(name)
  # A bar where there is an interval (six trials or more) that is wide enough to be drawn.
  bars <- line[!is.na(line$interval_low) & line$interval_high > 1.01 * line$interval_low, ]
  if (nrow(bars) > 0) {
    arrows(
      bars$payload_bytes, bars$interval_low, bars$payload_bytes, bars$interval_high,
      angle = 90, code = 3, length = 0.03, col = colour)
  }
  lines(line$payload_bytes, line$estimate, col = colour, lwd = 1.5)
  points(line$payload_bytes, line$estimate, col = colour, bg = colour, pch = mark_of(name))
}
legend(
  "left", inset = 1.02, xpd = TRUE, bty = "n", legend = present, lwd = 1.5,
  col = colour_of(present), pt.bg = colour_of(present), pch = mark_of(present))
invisible(dev.off())
