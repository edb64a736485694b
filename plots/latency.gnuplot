# Median round trip against payload, one line a mechanism, from the summary.csv of a run.
# Usage: gnuplot -c latency.gnuplot SUMMARY.CSV [WAIT] > latency.svg
# WAIT is block or spin; default block.
summary = ARG1
wait = ARGC > 1 ? ARG2 : "block"
set terminal svg size 800,500 background "white"
set datafile separator comma
set logscale xy
set xlabel "payload (bytes)"
set ylabel "median round trip (ns)"
set title "Round trip, wait ".wait
set key outside right
set style data linespoints
mechanisms = system("awk -F, -v wait=".wait." 'NR > 1 && $4 == wait && !seen[$1]++ { print $1 }' ".summary)
rows(mechanism) = "< awk -F, '$1 == \"".mechanism."\" && $2 == \"ping-pong\" && $4 == \"".wait."\" && $12 == \"latency_p50_ns\" && $13 != \"\"' ".summary." | sort -t, -k3n"
plot for [mechanism in mechanisms] rows(mechanism) using 3:13 title mechanism
