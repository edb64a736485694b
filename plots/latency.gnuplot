# Median round trip against payload, one line a mechanism, by gnuplot and awk.
#
# Usage: gnuplot -c latency.gnuplot SUMMARY.CSV PICTURE [WAIT]
#
# PICTURE ends in .svg or .png. WAIT is block (the default), spin or adaptive.

# The colours that ipcbench itself uses (Sources/Reporting/MechanismStyle.swift), and gnuplot's nearest
# marks.
names = "pipe fifo unix-stream tcp shm-ring onc-rpc-unix onc-rpc-tcp shm-plain"
colours = "#0072B2 #56B4E9 #009E73 #E69F00 #D55E00 #CC79A7 #808080 #8C510A"
marks = "7 11 5 13 9 1 15 14"

# A function can only be called in an expression.
say(text) = system(sprintf("echo \"latency.gnuplot: %s\" >&2", text))

if (ARGC != 2 && ARGC != 3) {
  said = say("usage: gnuplot -c latency.gnuplot SUMMARY.CSV PICTURE [WAIT]")
  exit status 64
}
summary = ARG1
picture = ARG2
wait = ARGC == 3 ? ARG3 : "block"
if (system(sprintf("test -r '%s' && echo yes", summary)) ne "yes") {
  said = say(summary.": not there; give the summary.csv of a run")
  exit status 66
}
if (picture[strlen(picture) - 3:] eq ".svg") {
  set terminal svg size 900,550 background "white"
} else { if (picture[strlen(picture) - 3:] eq ".png") {
  set terminal pngcairo size 1080,660 background "white"
} else {
  said = say(picture.": give a name that ends in .svg or .png")
  exit status 73
} }

# All other factors are held constant: a line is only a line if nothing else changes along it. What is
# printed is mechanism, placement, payload, and in microseconds the median and its interval.
select = 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } ' \
  .'$at["metric"] == "latency_p50_ns" && $at["pattern"] == "ping-pong" && $at["wait"] == wait ' \
  .'&& $at["data_path"] == "copy" && $at["touch"] == "header" ' \
  .'&& $at["placement"] != "same-core" && $at["estimate"] != "" { ' \
  .'if (place == "") place = $at["placement"]; ' \
  .'if ($at["placement"] != place) next; ' \
  .'estimate = $at["estimate"]; low = $at["interval_low"]; high = $at["interval_high"]; ' \
  .'if (low == "") low = high = estimate; ' \
  .'print $at["mechanism"], place, $at["payload_bytes"], estimate / 1e3, low / 1e3, high / 1e3 }'
rows = sprintf("awk -F, -v wait='%s' '%s' '%s' | sort -k3,3n", wait, select, summary)
rows_of(name) = sprintf("< %s | awk '$1 == \"%s\"'", rows, name)
column_of_rows(number) = \
  system(sprintf("%s | awk '!seen[$%d]++ { print $%d }'", rows, number, number))

found = column_of_rows(1)
if (words(found) == 0) {
  said = say(summary.": no round trips with wait ".wait."; give another run, or another wait")
  exit status 65
}
# In the order of the legend; mechanisms without a style of their own come last, in grey.
present = ""
styles = ""
do for [i = 1:words(names)] {
  do for [name in found] {
    if (name eq word(names, i)) { present = present." ".name; styles = styles.sprintf(" %d", i) }
  }
}
do for [name in found] {
  if (strstrt(" ".names." ", " ".name." ") == 0) {
    present = present." ".name
    styles = styles." 8"
  }
}
colours = colours." #999999"
marks = marks." 3"
colour_of(i) = word(colours, int(word(styles, i)))
mark_of(i) = int(word(marks, int(word(styles, i))))

bytes_text(size) = size >= 2**20 ? sprintf("%g MiB", size / 2**20) \
  : size >= 2**10 ? sprintf("%g KiB", size / 2**10) : sprintf("%g B", size)
set logscale x 2
set logscale y 10
set xtics ()
do for [payload in column_of_rows(3)] {
  set xtics add (bytes_text(real(payload)) real(payload))
}
set ytics ()
do for [exponent = -2:7] {
  do for [digit in "1 2 5"] { set ytics add (10.0**exponent * digit) }
}
set autoscale noextend
set offsets graph 0.03, graph 0.03, graph 0.03, graph 0.03
set format y "%g"
set grid xtics ytics linetype 1 linecolor rgb "#dddddd"
set xlabel "payload"
set ylabel "median round trip, µs (bars: 95 % interval)"
set title "Round trip, wait ".wait.", touch header, ".word(column_of_rows(2), 1)
set key outside right center
set encoding utf8
set output picture
plot for [i = 1:words(present)] rows_of(word(present, i)) using 3:4:5:6 \
  with yerrorlines linewidth 1.5 linecolor rgb colour_of(i) pointtype mark_of(i) \
  title word(present, i)
