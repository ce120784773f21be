n=300; s=$(date +%s%N); i=0; while [ $i -lt $n ]; do build/pneu-sendmail -i -f joe joe <.m; i=$((i+1)); done; e=$(date +%s%N); echo $(( (e-s)/n/1000 )) us
