// linux.rtnetlink. Routing netlink: uapi/linux/rtnetlink.h, if_link.h, if_addr.h and fib_rules.h.
import { linux_table } from '../linux_table.js'

linux_table(
  'linux.rtnetlink',
  `
  fr_act={BLACKHOLE=6 GOTO=2 MAX=8 NOP=3 PROHIBIT=8 RES3=4 RES4=5 TO_TBL=1 UNREACHABLE=7 UNSPEC=0}
  fra={
    DPORT_RANGE=24 DST=1 FLOW=11 FWMARK=10 FWMASK=16 GOTO=4 IFNAME=3 IIFNAME=3 IP_PROTO=22 L3MDEV=19 MAX=24
    OIFNAME=17 PAD=18 PRIORITY=6 PROTOCOL=21 SPORT_RANGE=23 SRC=2 SUPPRESS_IFGROUP=13 SUPPRESS_PREFIXLEN=14
    TABLE=15 TUN_ID=12 UID_RANGE=20 UNSPEC=0 UNUSED2=5 UNUSED3=7 UNUSED4=8 UNUSED5=9
  }
  ifa={
    ADDRESS=1 ANYCAST=5 BROADCAST=4 CACHEINFO=6 FLAGS=8 F_DADFAILED=8 F_DEPRECATED=32 F_HOMEADDRESS=16
    F_MANAGETEMPADDR=256 F_MCAUTOJOIN=1024 F_NODAD=2 F_NOPREFIXROUTE=512 F_OPTIMISTIC=4 F_PERMANENT=128
    F_SECONDARY=1 F_STABLE_PRIVACY=2048 F_TEMPORARY=1 F_TENTATIVE=64 LABEL=3 LOCAL=2 MAX=11 MULTICAST=7 PROTO=11
    RT_PRIORITY=9 TARGET_NETNSID=10 UNSPEC=0
  }
  iff={BROADCAST=2 LOOPBACK=8 MULTICAST=4096 POINTOPOINT=16 RUNNING=64 UP=1}
  ifla={
    ADDRESS=1 BROADCAST=2 CARRIER=33 CARRIER_CHANGES=35 GROUP=27 IFNAME=3 LINK=5 LINKINFO=18 LINKMODE=17 MAP=14
    MASTER=10 MAX_MTU=51 MIN_MTU=50 MTU=4 OPERSTATE=16 PARENT_DEV_NAME=56 PERM_ADDRESS=54 PHYS_PORT_NAME=38
    PROTO_DOWN=39 QDISC=6 STATS64=23 STATS=7 TXQLEN=13 UNSPEC=0 WEIGHT=15
  }
  layout={
    fib_rule_hdr={
      size=12
      fields=[
        {name=family offset=0 signed=false size=1}
        {name=dst_len offset=1 signed=false size=1}
        {name=src_len offset=2 signed=false size=1}
        {name=tos offset=3 signed=false size=1}
        {name=table offset=4 signed=false size=1}
        {name=action offset=7 signed=false size=1}
        {name=flags offset=8 signed=false size=4}
      ]
    }
    ifaddrmsg={
      size=8
      fields=[
        {name=ifa_family offset=0 signed=false size=1}
        {name=ifa_prefixlen offset=1 signed=false size=1}
        {name=ifa_flags offset=2 signed=false size=1}
        {name=ifa_scope offset=3 signed=false size=1}
        {name=ifa_index offset=4 signed=false size=4}
      ]
    }
    ifinfomsg={
      size=16
      fields=[
        {name=ifi_family offset=0 signed=false size=1}
        {name=ifi_type offset=2 signed=false size=2}
        {name=ifi_index offset=4 signed=true size=4}
        {name=ifi_flags offset=8 signed=false size=4}
        {name=ifi_change offset=12 signed=false size=4}
      ]
    }
    rtmsg={
      size=12
      fields=[
        {name=rtm_family offset=0 signed=false size=1}
        {name=rtm_dst_len offset=1 signed=false size=1}
        {name=rtm_src_len offset=2 signed=false size=1}
        {name=rtm_tos offset=3 signed=false size=1}
        {name=rtm_table offset=4 signed=false size=1}
        {name=rtm_protocol offset=5 signed=false size=1}
        {name=rtm_scope offset=6 signed=false size=1}
        {name=rtm_type offset=7 signed=false size=1}
        {name=rtm_flags offset=8 signed=false size=4}
      ]
    }
  }
  rta={
    ALIGNTO=4 CACHEINFO=12 DPORT=29 DST=1 ENCAP=22 ENCAP_TYPE=21 EXPIRES=23 FLOW=11 GATEWAY=5 IIF=3 IP_PROTO=27
    MARK=16 MAX=30 METRICS=8 MFC_STATS=17 MP_ALGO=14 MULTIPATH=9 NEWDST=19 NH_ID=30 OIF=4 PAD=24 PREF=20 PREFSRC=7
    PRIORITY=6 PROTOINFO=10 SESSION=13 SPORT=28 SRC=2 TABLE=15 TTL_PROPAGATE=26 UID=25 UNSPEC=0 VIA=18
  }
  rtm={
    BASE=16 DELACTION=49 DELADDR=21 DELADDRLABEL=73 DELCHAIN=101 DELLINK=17 DELLINKPROP=109 DELMDB=85 DELNEIGH=29
    DELNETCONF=81 DELNEXTHOP=105 DELNEXTHOPBUCKET=117 DELNSID=89 DELQDISC=37 DELROUTE=25 DELRULE=33 DELTCLASS=41
    DELTFILTER=45 DELTUNNEL=121 DELVLAN=113 GETACTION=50 GETADDR=22 GETADDRLABEL=74 GETANYCAST=62 GETCHAIN=102
    GETDCB=78 GETLINK=18 GETLINKPROP=110 GETMDB=86 GETMULTICAST=58 GETNEIGH=30 GETNEIGHTBL=66 GETNETCONF=82
    GETNEXTHOP=106 GETNEXTHOPBUCKET=118 GETNSID=90 GETQDISC=38 GETROUTE=26 GETRULE=34 GETSTATS=94 GETTCLASS=42
    GETTFILTER=46 GETTUNNEL=122 GETVLAN=114 MAX=123 NEWACTION=48 NEWADDR=20 NEWADDRLABEL=72 NEWCACHEREPORT=96
    NEWCHAIN=100 NEWLINK=16 NEWLINKPROP=108 NEWMDB=84 NEWNDUSEROPT=68 NEWNEIGH=28 NEWNEIGHTBL=64 NEWNETCONF=80
    NEWNEXTHOP=104 NEWNEXTHOPBUCKET=116 NEWNSID=88 NEWPREFIX=52 NEWQDISC=36 NEWROUTE=24 NEWRULE=32 NEWSTATS=92
    NEWTCLASS=40 NEWTFILTER=44 NEWTUNNEL=120 NEWVLAN=112 NR_FAMILIES=27 NR_MSGTYPES=108 SETDCB=79 SETLINK=19
    SETNEIGHTBL=67 SETSTATS=95
  }
  rtn={
    ANYCAST=4 BLACKHOLE=6 BROADCAST=3 LOCAL=2 MAX=11 MULTICAST=5 NAT=10 PROHIBIT=8 THROW=9 UNICAST=1 UNREACHABLE=7
    UNSPEC=0 XRESOLVE=11
  }
  rtprot={
    BABEL=42 BGP=186 BIRD=12 BOOT=3 DHCP=16 DNROUTED=13 EIGRP=192 GATED=8 ISIS=187 KEEPALIVED=18 KERNEL=2
    MROUTED=17 MRT=10 NTK=15 OPENR=99 OSPF=188 RA=9 REDIRECT=1 RIP=189 STATIC=4 UNSPEC=0 XORP=14 ZEBRA=11
  }
  scope={HOST=254 LINK=253 NOWHERE=255 SITE=200 UNIVERSE=0}
  table={COMPAT=252 DEFAULT=253 LOCAL=255 MAIN=254 MAX=-1 UNSPEC=0}
`,
)
