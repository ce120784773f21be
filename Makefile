# make                 programs in build/, static musl where musl-gcc is installed (MUSL= to do without)
# make SAN=1           the same with ASan and UBSan, into build-san/
# make SYS=posix       without the Linux-only calls, into build-posix/
# make V=1             show the commands, not only what they make
# make check           build and run every test
# make install         DESTDIR PREFIX ETC QUEUE BIN MAN SHARE as below; give ETC, QUEUE and BIN to make too: they are compiled in
PREFIX  = /usr/local
ETC     = /etc/pneu
QUEUE   = /var/spool/pneu
BIN     = $(PREFIX)/lib/pneu
MAN     = $(PREFIX)/share/man
SHARE   = $(PREFIX)/share/pneu

# programs are ROOM/NAME: src/ROOM/NAME.c has the main of pneu-NAME
NSS     = listen/tcpd login/checkpw alias/newaliases resolve/getpw
NSS    += queue/start local/lspawn
NSS    += tools/explain tools/showctl
LEAN    = listen/tcprules smtp/smtpd smtp/qmqpd smtp/newmrh smtp/newrcpt smtp/record smtp/replay login/newpw
LEAN   += filter/milter
LEAN   += inject/inject inject/sendmail inject/qmqpc
LEAN   += pop/popup pop/pop3d
LEAN   += queue/queue queue/send queue/bounce
LEAN   += local/local local/newu
LEAN   += remote/rspawn remote/remote remote/tlsrelay remote/dnsq
LEAN   += tools/qread tools/qstat tools/qctl tools/trace tools/top tools/health
SYS    := $(shell test "$$(uname -s)" = Linux && echo linux || echo posix)
MUSL   := $(if $(SAN),,$(shell command -v musl-gcc))
B       = build$(if $(SAN),-san)$(if $(filter posix,$(SYS)),-posix)

OPT     = $(if $(SAN),-O1,-O2) -g
WARN    = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
HARD    = $(if $(SAN),-fsanitize=address$(,)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer,-fstack-protector-strong)
CPPF    = -Isrc -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -DPNEU_ETC_DIR='"$(ETC)"' -DPNEU_QUEUE_DIR='"$(QUEUE)"' -DPNEU_BIN_DIR='"$(BIN)"' $(CPPFLAGS)
CF      = -std=c11 $(OPT) $(WARN) $(HARD) -ffunction-sections -fdata-sections -MMD -MP $(CFLAGS)
LDF     = -Wl,--gc-sections -Wl,-z,relro,-z,now $(LDFLAGS)
CDB    := $(or $(filter /%,$(shell $(CC) -print-file-name=libcdb.a)),-lcdb)
, := ,
run     = $(if $(V),,@echo '  $1 $2';)
LEANCC  = $(or $(MUSL),$(CC))$(if $(MUSL), -idirafter /usr/include -idirafter /usr/include/$(MULTI))
MULTI  := $(shell $(CC) -print-multiarch)
# code and constants share pages: a start touches two pages and two mappings fewer, a tenth of its cost
PAGES   = -Wl,-z,noseparate-code
LEANLD  = $(if $(SAN),,$(if $(or $(MUSL),$(shell echo 'int main(void){return 0;}' | $(CC) -static -xc - -o /dev/null 2>/dev/null && echo y)),-static $(PAGES)))
# without musl one compiler makes both kinds: then it makes them once, in the way that suits both
KIND    = $(if $(MUSL),lean,nss)
NSSF    = -fPIE $(if $(SAN),,-D_FORTIFY_SOURCE=2)

MAINS  := $(NSS:%=src/%.c) $(LEAN:%=src/%.c)
ROOMS   = lib mail wire listen smtp login filter inject resolve queue local remote pop alias tools compat/$(SYS)
PARTS  := $(filter-out $(MAINS),$(wildcard $(ROOMS:%=src/%/*.c)))
# rooms of which no program in NSS has anything
AFAR    = smtp filter inject remote pop
PROGS  := $(foreach p,$(NSS) $(LEAN),$B/pneu-$(notdir $p))
UNITS  := $(patsubst tests/%.c,$B/tests/%,$(wildcard tests/unit/*.c tests/wire/*.c))

all: $(PROGS)
$(foreach p,$(LEAN),$(eval $B/pneu-$(notdir $p): $B/$(KIND)/src/$p.o $B/$(KIND).a ; $$(call run,LD,$$@)$$(LEANCC) $$(CF) $$(LEANLD) $$(LDF) -o $$@ $$^ $$(CDB)))
$(foreach p,$(NSS),$(eval $B/pneu-$(notdir $p): $B/nss/src/$p.o $B/nss.a ; $$(call run,LD,$$@)$$(CC) $$(CF) -pie $$(LDF) -o $$@ $$^ $$(CDB) $$(CRYPT)))
# crypt(3) is libc's, but on Linux it lives in a library of its own; who checks passwords must know the system's hashes
$B/pneu-checkpw: CRYPT = -lcrypt
$B/tests/%: $B/$(KIND)/tests/%.o $B/$(KIND).a
	@mkdir -p $(@D)
	$(call run,LD,$@)$(LEANCC) $(CF) $(LEANLD) $(LDF) -o $@ $^ $(CDB)
$B/lean.a: $(PARTS:%.c=$B/lean/%.o)
$B/nss.a: $(patsubst %.c,$B/nss/%.o,$(filter-out $(if $(MUSL),$(AFAR:%=src/%/%)),$(PARTS)))
$B/%.a:
	@rm -f $@
	$(call run,AR,$@)ar qcs $@ $^
$B/lean/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call run,CC,$<)$(LEANCC) $(CPPF) -Itests $(CF) -c -o $@ $<
$B/nss/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call run,CC,$<)$(CC) $(CPPF) -Itests $(CF) $(NSSF) -c -o $@ $<

# which programs there are, for who examines an installation
$B/lean/src/tools/showctl_host.o $B/nss/src/tools/showctl_host.o: CPPF += -DPNEU_PROGRAMS='"$(notdir $(PROGS))"'

units: $(UNITS)
check: all units
	sh tests/run $B
install: all
	DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' ETC='$(ETC)' QUEUE='$(QUEUE)' BIN='$(BIN)' MAN='$(MAN)' SHARE='$(SHARE)' sh scripts/install $(PROGS)
clean:
	rm -rf build build-*
.PHONY: all units check install clean
.SECONDARY:
-include $(shell find $B -name '*.d' -type f 2>/dev/null)
